"""What the command lines share.

Loading and saving models, writing files whole or not at all, folders of results that a run goes on with (`resumable`),
locks, signals, exit codes and progress; kinds of values for click, and flags that several commands take, those of an
insertion among them; printing a report.
"""
