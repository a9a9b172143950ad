"""Training: one loop, its optimizer, its run folder and its log, for music and images alike."""
