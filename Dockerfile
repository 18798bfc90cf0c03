# The image of pgvitals: docker build -t pgvitals .
# A tag can change what it names. For a build that can be repeated, name the base by its digest:
#   docker build --build-arg BASE=docker.io/library/python:3.13-slim-trixie@sha256:... -t pgvitals .
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.txt requirements-build.txt /
RUN python3 -m venv /pgvitals-tools \
    && /pgvitals-tools/bin/pip install --require-hashes --requirement /requirements-build.txt \
    && python3 -m venv --without-pip /opt/pgvitals \
    && /pgvitals-tools/bin/pip --python /opt/pgvitals install --no-compile \
        --require-hashes --only-binary :all: --requirement /requirements.txt

FROM packages AS program
WORKDIR /pgvitals-source
COPY . .
# Installed by its name: from a path, pip would note that path. Apart from the packages, so that a new
# program is a small layer on top of theirs.
RUN /pgvitals-tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /pgvitals-tools/bin/pip --python /opt/pgvitals install --no-compile --prefix /pgvitals-program \
        --no-deps --no-index --find-links dist pgvitals

FROM ${BASE}
# libpq comes with an OpenSSL of its own, which would look for the CAs elsewhere (sslrootcert=system).
ENV PATH=/opt/pgvitals/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
COPY --from=packages /opt/pgvitals /opt/pgvitals
# The base has no bytecode: a first start writes that of all modules which are loaded. Most are those that
# the packages load, and this layer stays when only the program changes; two come with a page or a password.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/pip* \
    && PYTHONDONTWRITEBYTECODE='' python3 -c 'import hashlib, hmac; from importlib import import_module, metadata; \
        [import_module(package) for package in sorted(metadata.packages_distributions())]'
COPY --from=program /pgvitals-program /opt/pgvitals
RUN python3 -m compileall -q /opt/pgvitals/lib/python3*/site-packages/pgvitals \
    && PYTHONDONTWRITEBYTECODE='' pgvitals --help > /dev/null
USER 65532:65532
EXPOSE 9187
# Arguments of the container are flags of `run`; for another command: --entrypoint pgvitals.
ENTRYPOINT ["pgvitals", "run"]
ARG BASE
ARG VERSION=0.1.0
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="pgvitals" \
    org.opencontainers.image.description="Prometheus exporter for PostgreSQL" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.source="${SOURCE}" \
    org.opencontainers.image.base.name="${BASE}"
