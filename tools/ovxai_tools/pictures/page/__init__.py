"""Pages in HTML that need nothing from elsewhere: what all of them share, and the page of `ovxai explain`.

`document` (the frame and its style), `shown` (what is shown of a picture), `images` (files beside the page, or inside
it), `facts` (what the head of the page says), `card` (a picture's part), `explain_page` (all of it). Styles, scripts
and fixed parts lie in resources/, as files of their own.
"""
