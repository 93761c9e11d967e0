import type { ReactNode } from 'react';
import type { CertificateViewQuery } from '../api/answer-types.js';
import { useStrings } from '../strings/strings.js';
import { CopyButton } from './copy-button.js';
import { DaysLeft, Moment } from './days-left.js';

export type Content = NonNullable<CertificateViewQuery['certificate']>['definitions'][number]['content'];

/** Every field of an X.509 certificate. */
export function ContentFields({ content }: { readonly content: Content }) {
  const { content: texts, shell } = useStrings();
  const { basicConstraints: constraints, keySize, curve } = content;
  const basic = !constraints?.ca
    ? texts.isNoCa
    : constraints.pathLength === null
      ? texts.isCa
      : texts.isCaWith(constraints.pathLength);
  const key = [content.keyAlgorithm, curve, curve === null && keySize !== null && texts.keySize(keySize)];
  return (
    <dl className="fields">
      <Field name={texts.subject}>{content.subject}</Field>
      <Field name={texts.issuer}>{content.issuer}</Field>
      <Field name={texts.serialNumber}>
        <code>{content.serialNumber}</code>
      </Field>
      <Field name={texts.notBefore}>
        <Moment at={content.notBefore} />
      </Field>
      <Field name={texts.notAfter}>
        <Moment at={content.notAfter} />
      </Field>
      <Field name={texts.daysLeft}>
        <DaysLeft days={content.daysLeft} notAfter={content.notAfter} />
      </Field>
      <Field name={texts.subjectAlternativeNames}>
        {content.subjectAlternativeNames.length === 0 && shell.none}
        <ul>
          {content.subjectAlternativeNames.map(({ type, value, ignoredByJava }) => (
            <li key={`${type} ${value}`}>
              {value} <span className="soft">({ignoredByJava ? `${type}, ${texts.ignoredByJava}` : type})</span>
            </li>
          ))}
        </ul>
      </Field>
      <Field name={texts.key}>{key.filter(Boolean).join(' · ')}</Field>
      <Field name={texts.signatureAlgorithm}>{content.signatureAlgorithm}</Field>
      <Field name={texts.keyUsages}>{content.keyUsages?.join(', ') ?? texts.unrestricted}</Field>
      <Field name={texts.extendedKeyUsages}>{content.extendedKeyUsages?.join(', ') ?? texts.unrestricted}</Field>
      <Field name={texts.basicConstraints}>{basic}</Field>
      <Field name={texts.selfSigned}>{content.selfSigned ? shell.yes : shell.no}</Field>
      <Fingerprint name={texts.sha1} value={content.fingerprintSha1} />
      <Fingerprint name={texts.sha256} value={content.fingerprintSha256} />
      <Field name={texts.certificate}>
        <details>
          <summary>PEM</summary>
          <pre>{content.pem}</pre>
        </details>
        <CopyButton text={content.pem} of="PEM" />
      </Field>
    </dl>
  );
}

function Field({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Fingerprint({ name, value }: { readonly name: string; readonly value: string }) {
  const shown = value.toUpperCase().match(/../g)?.join(':') ?? value;
  return (
    <Field name={name}>
      <code>{shown}</code> <CopyButton text={value} of={name} />
    </Field>
  );
}
