// Writes keystores with go-pkcs12 and keystore-go into a folder, and reads those of Trustcast that lie there. Each line that it
// prints is what one tool did: see ../../records.ts.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	keystore "github.com/pavlo-v-chernykh/keystore-go/v4"
	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

const password = "changeit"

var folder = os.Args[1]

func say(fields ...string) {
	for i := range fields {
		fields[i] = strings.NewReplacer("\t", " ", "\n", " ").Replace(fields[i])
	}
	fmt.Println(strings.Join(fields, "\t"))
}

func file(name string) []byte {
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		panic(err)
	}
	return content
}

func keep(tool, form, name, count string, content []byte, err error) {
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name), content, 0o600)
	}
	if err != nil {
		say("failed", tool, form, err.Error())
		return
	}
	used := password
	if strings.Contains(form, "without a password") {
		used = ""
	}
	say("wrote", tool, form, name, used, count)
}

func versions() {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		switch module.Path {
		case "software.sslmate.com/src/go-pkcs12":
			say("version", "go-pkcs12", module.Version)
		case "github.com/pavlo-v-chernykh/keystore-go/v4":
			say("version", "keystore-go", module.Version)
		}
	}
}

func writePkcs12(certificates []*x509.Certificate, key any) {
	encoders := []struct {
		name    string
		encoder *pkcs12.Encoder
	}{
		{"LegacyRC2", pkcs12.LegacyRC2},
		{"LegacyDES", pkcs12.LegacyDES},
		{"Modern2023", pkcs12.Modern2023},
		{"Modern2026", pkcs12.Modern2026},
		{"Modern2023, 600,000 iterations", pkcs12.Modern2023.WithIterations(600_000)},
	}
	for i, each := range encoders {
		content, err := each.encoder.EncodeTrustStore(certificates, password)
		keep("go-pkcs12", "PKCS#12 truststore, "+each.name, fmt.Sprintf("go-trust-%d.p12", i), "2", content, err)
		content, err = each.encoder.Encode(key, certificates[0], certificates[1:], password)
		keep("go-pkcs12", "PKCS#12 with a key, "+each.name, fmt.Sprintf("go-key-%d.p12", i), "2", content, err)
	}
	content, err := pkcs12.Passwordless.EncodeTrustStore(certificates, "")
	keep("go-pkcs12", "PKCS#12 truststore without a password", "go-plain.p12", "2", content, err)
}

func writeJks(certificates []*x509.Certificate, key []byte) {
	trust, keys := keystore.New(), keystore.New()
	var chain []keystore.Certificate
	for i, certificate := range certificates {
		content := keystore.Certificate{Type: "X509", Content: certificate.Raw}
		chain = append(chain, content)
		entry := keystore.TrustedCertificateEntry{CreationTime: time.Unix(0, 0), Certificate: content}
		if err := trust.SetTrustedCertificateEntry(fmt.Sprintf("entry-%d", i), entry); err != nil {
			panic(err)
		}
	}
	entry := keystore.PrivateKeyEntry{CreationTime: time.Unix(0, 0), PrivateKey: key, CertificateChain: chain}
	if err := keys.SetPrivateKeyEntry("server", entry, []byte(password)); err != nil {
		panic(err)
	}
	var out bytes.Buffer
	err := trust.Store(&out, []byte(password))
	keep("keystore-go", "JKS truststore", "keystore-go-trust.jks", "2", out.Bytes(), err)
	out = bytes.Buffer{}
	err = keys.Store(&out, []byte(password))
	keep("keystore-go", "JKS with a key", "keystore-go-key.jks", "2", out.Bytes(), err)
}

func read(form, name, with string) {
	certificates, err := pkcs12.DecodeTrustStore(file(name), with)
	if err != nil {
		say("unread", "go-pkcs12", form, err.Error())
		return
	}
	say("read", "go-pkcs12", form, fmt.Sprint(len(certificates)))
}

func main() {
	var certificates []*x509.Certificate
	for rest := file("both.pem"); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		certificates = append(certificates, certificate)
	}
	block, _ := pem.Decode(file("key.pem"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	versions()
	writePkcs12(certificates, key)
	writeJks(certificates, block.Bytes)
	read("plain", "ours-plain.p12", "")
	read("mac", "ours-mac.p12", password)
	read("encrypted", "ours-encrypted.p12", password)
}
