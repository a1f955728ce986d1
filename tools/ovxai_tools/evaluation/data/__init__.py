"""What maps are measured on: pictures, their classes, and the boxes of objects.

`boxes` (boxes by picture), `text_boxes` (VOC and YOLO), `json_boxes` (ours and COCO), `box_files` (told apart by
content), `picture_classes` (the class of each picture), `picture_set` (all of it together, and the demo's).
"""
