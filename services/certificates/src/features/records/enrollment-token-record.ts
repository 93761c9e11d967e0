/** An enrollment token, without what makes it one. */
export interface EnrollmentTokenRecord {
  readonly id: string;
  /** Its first characters. */
  readonly hint: string;
  readonly environment: string;
  /** How many hosts may enroll with it. */
  readonly uses: number;
  /** How many have. */
  readonly used: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}
