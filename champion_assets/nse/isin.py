"""The Indian ISIN: well-formed or not, and which part of it names a security for good.

An Indian ISIN is `IN` + issuer type + four characters of issuer + two of security type + two of serial + check digit. A
face-value split changes only the serial (HDFCBANK 2019-09-20: INE040A01026 -> INE040A01034), so for shares (`INE`,
`IN9`) the first nine characters name the security. Fund units (`INF`) share issuer and type among schemes, so there the
whole ISIN counts, and so it does for shares with differential voting rights that share it with the ordinary ones
(INE224E01028 STAMPEDE, INE224E01036 SCAPDVR), for partly paid shares (`IN9`: each call has another serial, and another
price), and for rights entitlements (type 20: each issue has another serial, INE964H20030 SEPC-RE2).
"""

from __future__ import annotations

from functools import lru_cache

_SHARE_PREFIXES = ("INE", "IN9")
_ENTITLEMENT = "20"
_PREFIXES = (*_SHARE_PREFIXES, "INF", *(f"IN{digit}" for digit in range(10)))


@lru_cache(maxsize=65536)
def is_valid_isin(isin: str) -> bool:
    """True for a well-formed Indian ISIN with the right check digit (ISO 6166: Luhn over base-36 digits)."""
    if len(isin) != 12 or not isin.isascii() or not isin.isalnum() or not isin[-1].isdigit() or isin != isin.upper():
        return False
    if not isin.startswith(_PREFIXES):
        return False
    return isin_check_digit(isin[:-1]) == isin[-1]


def isin_check_digit(body: str) -> str:
    """The last character of the ISIN whose first eleven are `body`."""
    digits = "".join(str(int(character, 36)) for character in body)
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-1::-2])
    return str(-(doubled + sum(int(digit) for digit in digits[-2::-2])) % 10)


def security_key(isin: str, symbol: str) -> str:
    """The part of a valid ISIN that outlives face-value splits.

    Issuer and type for shares, everything for all others.
    """
    is_share = isin.startswith("INE") and isin[7:9] != _ENTITLEMENT and "DVR" not in symbol
    return isin[:9] if is_share else isin
