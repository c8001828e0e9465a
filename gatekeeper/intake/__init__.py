"""Files that orders come in: CSV, and what dnsmasq, Kea and FreeRADIUS keep of the boxes that they know.

``formats`` opens a file of any of them; each yields lines of fields, as ``policy.order_fields`` reads them. Nothing in
here knows a store or applies anything.
"""
