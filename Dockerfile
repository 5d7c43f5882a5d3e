# A container of the mock. It needs nothing but the wheel:
#   python -m pip install build && python -m build --wheel && docker build --tag videos-mock .
FROM python:3.13-slim

COPY dist/videos_mock_kit-*.whl /tmp/
RUN pip install --no-cache-dir /tmp/videos_mock_kit-*.whl \
    && rm /tmp/videos_mock_kit-*.whl \
    && useradd --system --uid 10001 --no-create-home mock \
    && install --directory --owner=mock /data

# A store in a file belongs here, on a volume: MOCKSERVER_STORE=sqlite:/data/jobs.db
VOLUME /data
USER 10001

# Every other option can be set so too. The health check asks at this port, with the control token if there is one.
ENV MOCKSERVER_HOST=0.0.0.0 MOCKSERVER_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --start-interval=1s \
    CMD ["python", "-c", "import os, sys; from http.client import HTTPConnection; c = HTTPConnection('127.0.0.1', int(os.environ['MOCKSERVER_PORT']), timeout=4); c.request('GET', '/_mock/health', headers={'authorization': 'Bearer ' + os.environ.get('MOCKSERVER_CONTROL_TOKEN', '')}); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["mockserver"]
