"""Runs over many pictures: a folder of maps, overlays and a page, and a journal to resume from.

`given_options` (of the command line), `ways` (models and methods beside each other), `said` (what the terminal says of
a run), `picture_results` (the files of
one picture), `resume_journal`, `page_facts` (what the page says of the run), `result_folder` (the run).
"""
