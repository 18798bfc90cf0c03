"""What a server cannot judge: one module a target, with `judge(row)` for a row with evidence.

Beside them stands what they judge with: expressions, constants, tautologies and tokens.
"""
