"""The bill of materials of the image, for who has to know about vulnerabilities and licences.

    python -m sbom image DIRECTORY FILE    # an unpacked image: everything in it, as CycloneDX
    python -m sbom licences DIRECTORY FILE # a directory of Python packages: docs/licences.md

Everything is read from the files themselves; what they do not tell is said to be unknown.
"""
