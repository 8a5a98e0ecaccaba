"""Reading by the million: inputs are cut into shards, and each shard becomes one Parquet file that stays.

    yomite bulk INPUT --out FOLDER

``inputs`` finds what to read, ``reader`` makes rows of it, ``shards`` writes them; ``local`` and
``ray_engine`` share the shards out, ``job`` puts it together. docs/bulk.md has more.
"""

from yomite.bulk.ray_engine import read_dataset

__all__ = ["read_dataset"]
