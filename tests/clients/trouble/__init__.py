"""What the gate does while something around it fails: one fault a file, real processes, from outside."""
