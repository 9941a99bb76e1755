"""Where the parts are wired together: into the process that answers dips, and into the one that makes records.

Rules
1. The controller answers dips, keeps AMI and the seats, and tells how things stand. Nothing else happens during a
   call.
2. Records are made in a process beside it, at a lower priority: a record may wait, a caller may not. The two share
   one pair of pipes, and nothing that the controller waits for.
3. Whatever becomes of the records process, calls are decided as before: the journal is the truth, and waits.
"""
