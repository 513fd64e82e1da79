"""What to show and to ask next: the question that tells most, what rejections teach, what comes nearest."""
