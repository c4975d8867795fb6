"""What can be said about a workspace before it runs: findings, in the forms that people, editors and CI want."""
