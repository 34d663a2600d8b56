"""The operator's desk: what needs a person, who looks after it, and how anything is found."""
