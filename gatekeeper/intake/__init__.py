"""Files that orders come in: CSV, and what other servers keep of the boxes that they know, lease files among that.

``formats`` opens a file of any of them; each yields lines of fields, as ``policy.order_fields`` reads them. Nothing in
here knows a store or applies anything.
"""
