"""The export engine: plan, jobs and files of Bulk Program Member Extract."""
