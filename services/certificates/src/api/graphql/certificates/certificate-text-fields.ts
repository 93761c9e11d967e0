import { CERTIFICATE_TEXTS, type CertificateTexts, type GivenTexts, certificateTexts } from '@trustcast/schema';
import { Field } from 'type-graphql';

/** A class whose instances have members that a loop declares to GraphQL, which TypeScript cannot see. */
type With<Members, Base> = abstract new () => Base & Members;

/** Base of an object type that {@link TextFields} declares the texts of a certificate on. */
export const withCertificateTexts = <Base>(base: abstract new () => Base) => base as With<CertificateTexts, Base>;

/** Base of an input that {@link TextFields} declares texts of a certificate on. */
export const withGivenTexts = <Base>(base: abstract new () => Base) => base as With<GivenTexts, Base>;

/** What the texts are to a type: those of a certificate, of one to be created, or of an update. */
type Role = 'SHOWN' | 'CREATED' | 'UPDATED';

/** Declares a field for each text of a certificate. */
export function TextFields(role: Role) {
  return (type: abstract new () => object): void => {
    const prototype = type.prototype as object;
    for (const name of certificateTexts) {
      const { description: what, maxLength } = CERTIFICATE_TEXTS[name];
      const limit = `at most ${maxLength.toLocaleString('en')} characters`;
      const description = role === 'UPDATED' ? `${what}, ${limit}; unchanged if omitted.` : `${what}, ${limit}.`;
      Field(() => String, { nullable: role !== 'SHOWN', description })(prototype, name);
    }
  };
}
