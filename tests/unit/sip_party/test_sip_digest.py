import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.sip_party.digest import answer, first_answerable, read_challenge

# Without a deadline: a busy machine is no fault.
BRIEFLY = settings(max_examples=50, deadline=None)

RFC_7616 = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="{}", opaque="{}"'.format(
    "{}", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_vectors_of_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    challenge = read_challenge(RFC_7616.format(algorithm))
    assert challenge is not None
    value = answer(
        challenge,
        user="Mufasa",
        password="Circle of Life",
        method="GET",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert f'response="{response}"' in value
    assert f"algorithm={algorithm}, qop=auth, nc=00000001," in value
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in value


def rfc_2617(qop: str) -> str:
    challenge = read_challenge(
        f'Digest realm="testrealm@host.com",{qop} nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    )
    assert challenge is not None
    return answer(
        challenge,
        user="Mufasa",
        password="Circle Of Life",
        method="GET",
        uri="/dir/index.html",
        cnonce="0a4f113b",
    )


def test_the_vector_of_rfc_2617_section_3_5() -> None:
    assert 'response="6629fae49393a05397450978507c4ef1"' in rfc_2617('qop="auth,auth-int",')


def test_without_qop_the_old_form_is_used() -> None:
    value = rfc_2617("")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in value
    assert "cnonce" not in value


@pytest.mark.parametrize(
    "value",
    [
        "",
        'Basic realm="x"',
        'Digest realm="x"',
        'Digest nonce="x"',
        'Digest realm="x", nonce="y", qop="auth-int"',
        'Digest realm="x", nonce="y", algorithm=MD5-sess',
        'Digest realm="x", nonce="y", algorithm=SHA-512-256',
    ],
)
def test_what_cannot_be_answered_is_no_challenge(value: str) -> None:
    assert read_challenge(value) is None


def test_the_first_answerable_challenge_is_answered() -> None:
    values = (
        'Digest realm="r", nonce="1", algorithm=SHA-512-256, qop="auth"',
        'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth", stale=TRUE',
        'Digest realm="r", nonce="3", algorithm=MD5, qop="auth"',
    )
    challenge = first_answerable(values)
    assert challenge is not None
    assert (challenge.nonce, challenge.stale) == ("2", True)
    assert first_answerable(values[:1]) is None


@BRIEFLY
@given(st.text(max_size=100))
def test_no_challenge_crashes(text: str) -> None:
    read_challenge(text)
    read_challenge("Digest " + text)
