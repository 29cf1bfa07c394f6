"""Pages for people: what a page consists of, its charts, and the one template and style of the tear sheet.

The comparison and the doctor.

What belongs here: layout. What does not: any figure, any table of the lake.
"""
