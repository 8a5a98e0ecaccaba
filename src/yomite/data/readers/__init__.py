"""The formats, a file each: a folder, an archive or a file -> samples and faults."""
