# MLflow's server with the driver for Postgres.
FROM python:3.11-slim
RUN pip install --no-cache-dir 'mlflow==3.17.2' 'psycopg2-binary==2.9.13' && useradd --create-home --uid 1000 mlflow \
 && mkdir -p /var/lib/mlflow && chown mlflow /var/lib/mlflow
USER mlflow
