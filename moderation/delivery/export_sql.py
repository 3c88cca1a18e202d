"""Exported tables in SQL: as an external table of Athena, and as a view of DuckDB; and their files as Parquet.

Times are RFC 3339 in UTC as text: ``from_iso8601_timestamp`` reads them in Athena, ``::TIMESTAMP`` in DuckDB.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ground.private_files import private_file
from moderation.core.errors import InputError
from moderation.delivery.export import Format, folder_of
from moderation.delivery.export_tables import Table

_DUCKDB_TYPES = {"string": "VARCHAR", "int": "INTEGER", "double": "DOUBLE", "array<string>": "VARCHAR[]"}
_LARGEST_ROW = 64 * 1024 * 1024
"""Bytes of an item with all its texts; DuckDB reads none that are larger."""


def athena_table(table: Table, location: str, first_day: date, form: Format = "jsonl") -> str:
    """The table in Athena's SQL, which finds its partitions by itself ("partition projection" in its user guide).

    Args:
        location: ``s3://bucket/prefix`` that was exported to.
    """
    name = folder_of(table, form)
    columns = ",\n".join(f"  `{column}` {kind}" for column, kind in table.columns.items())
    place = f"{location.rstrip('/')}/{name}/"
    stored = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'" if form == "jsonl" else "STORED AS PARQUET"
    return f"""CREATE EXTERNAL TABLE IF NOT EXISTS {name} (
{columns}
)
PARTITIONED BY (`dt` string)
{stored}
LOCATION '{place}'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '{first_day.isoformat()},NOW',
  'storage.location.template' = '{place}dt=${{dt}}/'
);"""


def duckdb_view(table: Table, location: str, form: Format = "jsonl") -> str:
    """The view in DuckDB's SQL.

    Args:
        location: folder or ``s3://bucket/prefix`` that was exported to.
    """
    name = folder_of(table, form)
    ending = "jsonl.gz" if form == "jsonl" else "parquet"
    files = _quoted(f"{location.rstrip('/')}/{name}/dt=*/{table.name}-*.{ending}")
    hive = "hive_partitioning = true, hive_types = {'dt': VARCHAR}"
    source = f"read_parquet({files}, {hive})" if form == "parquet" else f"read_json({files}, {_reading(table)}, {hive})"
    return f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {source};"  # noqa: S608 - printed; names are our own


def to_parquet(rows: Path, made: Path, table: Table) -> None:
    """Make of a file of rows (JSON Lines, gzip) one of Parquet.

    Raises:
        InputError: the library that writes it is not installed, or it could not.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise InputError("Parquet is written by DuckDB: pip install 'moderation[parquet]'") from error
    # One thread, so that the same rows are the same bytes; nothing is fetched, whatever stands in them.
    config = {"threads": "1", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    columns = {name: _DUCKDB_TYPES[kind] for name, kind in table.columns.items()}
    try:
        with duckdb.connect(":memory:", config=dict(config)) as connection:
            read = connection.read_json(
                str(rows), columns=columns, format="newline_delimited", maximum_object_size=_LARGEST_ROW
            )
            read.write_parquet(str(private_file(made)), compression="zstd")
    except duckdb.Error as error:  # its words may quote a row
        what = f"DuckDB could not write {table.name} as Parquet ({type(error).__name__})"
        raise InputError(f"{what}: a row is over {_LARGEST_ROW:,} bytes, or the disk is full; see --texts") from error


def _reading(table: Table) -> str:
    columns = ", ".join(f"'{name}': '{_DUCKDB_TYPES[kind]}'" for name, kind in table.columns.items())
    size = f", maximum_object_size = {_LARGEST_ROW}" if "texts" in table.columns else ""
    return f"format = 'newline_delimited'{size}, columns = {{{columns}}}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
