"""The widgets of the catalogue as Dear PyGui items: one face for each model.

`catalogue.FACES` has them all. A face reads values from its `scene.Scene` and knows no other face.
"""
