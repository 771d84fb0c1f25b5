"""The reference plant: machines that really move boards, behind an OPC UA server, in a process of their own.

The assistant never imports this; it meets the plant over the wire, as it would meet any other.
"""
