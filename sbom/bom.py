"""Parts as a bill of materials in CycloneDX's JSON, checked against its schema."""

from collections.abc import Iterable

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from sbom.part import Part

UNKNOWN = "unknown"
"""The name of a licence that nobody states."""
_KINDS = {"interpreter": ComponentType.APPLICATION}
_MAKER = LicenseFactory()


def document(parts: Iterable[Part], version: str) -> str:
    """The bill of the image of that version, as JSON; raises ValueError when the schema forbids it."""
    bom = Bom()
    bom.metadata.component = whole = Component(
        type=ComponentType.CONTAINER, name="pgvitals", version=version, bom_ref="image"
    )
    every = [(part, _component(part)) for part in parts]
    owners = {part.name: component for part, component in every if part.kind == "python"}
    for part, component in every:
        bom.components.add(component)
        bom.register_dependency(owners[part.inside] if part.inside else whole, [component])
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    if mistake := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"CycloneDX does not allow this bill: {mistake}")
    return f"{text}\n"


def _component(part: Part) -> Component:
    return Component(
        type=_KINDS.get(part.kind, ComponentType.LIBRARY),
        name=part.name,
        version=part.version or None,
        bom_ref=f"{part.kind} {part.inside} {part.purl}",
        purl=part.purl,
        cpe=_cpe(part),
        licenses=_licences(part),
        components=[_file(path, digest) for path, digest in part.files.items()],
        properties=[Property(name="pgvitals:licence-text", value=path) for path in part.texts],
    )


def _file(path: str, digest: str) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)]
    return Component(type=ComponentType.FILE, name=path, bom_ref=f"file {path}", hashes=hashes)


def _licences(part: Part) -> list[License]:
    if part.kind == "debian":  # its words look like those of SPDX, and do not always mean the same
        return [_MAKER.make_with_name(licence) for licence in part.licences or [UNKNOWN]]
    return [_MAKER.make_from_string(licence) for licence in part.licences or [UNKNOWN]]


def _cpe(part: Part) -> str | None:
    """That of the authors' release: what a distribution mended in it has no other name there."""
    release = part.version.partition("-")[0]
    known = part.cpe and release
    return f"cpe:2.3:a:{part.cpe}:{release}:*:*:*:*:*:*:*" if known else None
