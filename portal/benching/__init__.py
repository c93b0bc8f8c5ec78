"""What the bench needs of the portal: its rows, the paths of its jobs, the count of queries."""
