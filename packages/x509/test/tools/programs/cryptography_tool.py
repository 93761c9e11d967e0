"""Writes and reads with python-cryptography: see ../records.ts for what the printed lines mean."""

import sys
from pathlib import Path

import cryptography
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)

TOOL = "python cryptography"
PASSWORD = b"changeit"
folder = Path(sys.argv[1])


def say(*fields):
    print("\t".join(str(field).replace("\t", " ").replace("\n", " ") for field in fields))


def keep(form, name, password, count, make):
    try:
        (folder / name).write_bytes(make())
        say("wrote", TOOL, form, name, password, count)
    except Exception as error:
        say("failed", TOOL, form, repr(error))


def read(form, count):
    try:
        say("read", TOOL, form, count())
    except Exception as error:
        say("unread", TOOL, form, error)


def certificates_in(name, password):
    store = pkcs12.load_pkcs12((folder / name).read_bytes(), password)
    return len(store.additional_certs) + (store.cert is not None)


def main():
    say("version", TOOL, cryptography.__version__)
    both = x509.load_pem_x509_certificates((folder / "both.pem").read_bytes())
    key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    builder = PrivateFormat.PKCS12.encryption_builder()
    protections = {
        "the best available encryption": BestAvailableEncryption(PASSWORD),
        "600,000 iterations": builder.kdf_rounds(600_000).build(PASSWORD),
        "no encryption": NoEncryption(),
    }
    algorithms = [name for name in dir(pkcs12.PBES) if name.startswith("PBES")]
    for algorithm in algorithms:
        for mac in (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
            protections[f"{algorithm}, MAC of {mac.name}"] = (
                builder.kdf_rounds(2_048).key_cert_algorithm(getattr(pkcs12.PBES, algorithm)).hmac_hash(mac).build(PASSWORD)
            )
    for number, (name, protection) in enumerate(protections.items()):
        password = "" if isinstance(protection, NoEncryption) else PASSWORD.decode()
        keep(f"PKCS#12 of certificates, {name}", f"py-{number}.p12", password, 2,
             lambda: pkcs12.serialize_key_and_certificates(None, None, None, both, protection))
        keep(f"PKCS#12 truststore of Java, {name}", f"py-java-{number}.p12", password, 2,
             lambda: pkcs12.serialize_java_truststore(
                 [pkcs12.PKCS12Certificate(each, b"entry-%d" % at) for at, each in enumerate(both)], protection))
        # Its key lies open, and is refused for that.
        if not isinstance(protection, NoEncryption):
            keep(f"PKCS#12 with a key, {name}", f"py-key-{number}.p12", password, 2,
                 lambda: pkcs12.serialize_key_and_certificates(b"server", key, both[0], both[1:], protection))
    keep("PEM", "py.pem", "", 2, lambda: b"".join(each.public_bytes(Encoding.PEM) for each in both))
    keep("DER", "py.der", "", 1, lambda: both[0].public_bytes(Encoding.DER))
    keep("P7B, PEM", "py-pem.p7b", "", 2, lambda: pkcs7.serialize_certificates(both, Encoding.PEM))
    keep("P7B, DER", "py-der.p7b", "", 2, lambda: pkcs7.serialize_certificates(both, Encoding.DER))

    read("plain", lambda: certificates_in("ours-plain.p12", None))
    read("mac", lambda: certificates_in("ours-mac.p12", PASSWORD))
    read("encrypted", lambda: certificates_in("ours-encrypted.p12", PASSWORD))
    read("pem", lambda: len(x509.load_pem_x509_certificates((folder / "ours.pem").read_bytes())))
    read("der", lambda: len([x509.load_der_x509_certificate((folder / "ours.der").read_bytes())]))
    read("p7b", lambda: len(pkcs7.load_der_pkcs7_certificates((folder / "ours.p7b").read_bytes())))


main()
