# The rlhf command in an image, computing on the CPU.
#
#   docker build -t rlhf .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/runs:/work/runs" rlhf demo --quick
#
# It runs in /work, so runs/… is in the mounted folder; mount data beside it. Models of the hub are kept in
# /cache. Without --user it is a user of its own, who isn't root.

FROM maven:3-eclipse-temurin-17 AS build
WORKDIR /build
COPY . .
RUN mvn -B -q -Dfast -Pdist -pl cli -am package
WORKDIR /dist
RUN jar --extract --file "$(ls /build/cli/target/rlhf-*.zip)" \
    && mv rlhf-* rlhf \
    && chmod 0755 rlhf/bin/rlhf

FROM eclipse-temurin:17-jre
COPY --from=build /dist/rlhf /opt/rlhf
ENV DJL_CACHE_DIR=/opt/rlhf/native \
    HF_HOME=/cache/huggingface \
    PATH=/opt/rlhf/bin:$PATH
# libtorch is unpacked here, once, so that a container starts at once and needs no network. DJL writes
# beside it at each start, whoever runs it.
RUN useradd --create-home --uid 10001 rlhf \
    && mkdir -p /work/runs /cache "$DJL_CACHE_DIR" \
    && chown 10001 "$DJL_CACHE_DIR" \
    && chmod 1777 /work /work/runs /cache
USER 10001
RUN rlhf doctor && chmod -R a+rwX "$DJL_CACHE_DIR"
WORKDIR /work
VOLUME ["/work/runs", "/cache"]
ENTRYPOINT ["rlhf"]
CMD ["--help"]
