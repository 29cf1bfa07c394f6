"""An address never shows a secret, whatever is done with its text, and gives the whole to whoever asks for it."""

from __future__ import annotations

import copy
import json
import pickle
from urllib.parse import quote

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from champion_assets.common.address import Address

SHOWN = {
    "http://me:geheim@host:8080/files": "http://***@host:8080/files",
    "https://TOKEN123@host/files": "https://***@host/files",
    "https://host/files?sig=abc%2F1&v=2#part": "https://host/files?sig=***&v=***#***",
    "https://host/files?abc": "https://host/files?***",
    "postgresql+psycopg2://me:p%40ss@db:5432/x": "postgresql+psycopg2://***@db:5432/x",
    "postgresql://me:p@ss@db:5432/x": "postgresql://***@db:5432/x",
    "http://me:pa/ss@host/x": "http://***@host/x",
    "http://me:pa?ss#@host/x": "http://***@host/x",
    "me:geheim@minio:9000": "***@minio:9000",
    "s3://key:word@bucket/prefix": "s3://***@bucket/prefix",
    "/data/nse": "/data/nse",
    "data/me@home": "data/me@home",
    "file:///data/nse": "file:///data/nse",
    "s3://bucket/a@b": "s3://bucket/a@b",
    "https://host/a@b": "https://host/a@b",
    "sqlite:////data/mlflow.db": "sqlite:////data/mlflow.db",
    "http://[::1]:80/x": "http://[::1]:80/x",
    "": "",
}


@pytest.mark.parametrize("whole", SHOWN)
def test_what_is_shown(whole: str) -> None:
    address = Address(whole)
    assert address == SHOWN[whole]
    assert address.reveal() == whole
    assert address.has_secrets == (SHOWN[whole] != whole)
    assert Address(address) is address


words = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=6, max_size=20)


@given(
    st.sampled_from(["http", "https", "postgresql", "smtp", "mysql+pymysql"]),
    words.map("Zq{}".format),
    words.map("Kx{}".format),
)
def test_no_password_leaves_an_address(scheme: str, password: str, token: str) -> None:
    whole = f"{scheme}://user:{quote(password, safe='')}@host.example/path?token={quote(token, safe='')}"
    address = Address(whole)

    class Model(BaseModel):
        place: Address

    model = Model(place=address)
    texts = [
        str(address),
        repr(address),
        f"{address}",
        f"{address!s:>10}",
        "%s" % address,  # noqa: UP031
        address + "",
        address.lower(),
        "".join([address]),
        json.dumps([address]),
        repr(model),
        model.model_dump_json(),
        str(model.model_dump()),
        str(pl.Series([address]).to_list()),
        address.below("a/b.csv"),
        address.cleaned(f"cannot reach {whole} as user:{password} with {token} or {quote(token, safe='')}"),
    ]
    for text in texts:
        for secret in (password, quote(password, safe=""), token, quote(token, safe="")):
            assert secret not in text
            assert secret.lower() not in text
    for same in (pickle.loads(pickle.dumps(address)), copy.deepcopy(model).place, Model(place=whole).place):
        assert same == address
        assert same.reveal() == whole
    assert address.credentials() == ("user", password)
    assert password not in address.bare()


def test_a_path_comes_before_the_query_and_user_and_password_stay() -> None:
    address = Address("https://me:word@host/base/?sig=1").below("a/b.csv")
    assert address.reveal() == "https://me:word@host/base/a/b.csv?sig=1"
    assert address.bare() == "https://host/base/a/b.csv?sig=1"
    assert address == "https://***@host/base/a/b.csv?sig=***"
    assert Address("http://host").below("a").bare() == "http://host/a"
    assert Address("http://host").credentials() is None
