"""perfmod makes slow research code fast. The program is not written in Python; `python -m perfmod` runs it."""
