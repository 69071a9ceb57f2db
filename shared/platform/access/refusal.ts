import { SlipwayError } from '../errors.ts';

/** Why credentials were not taken. */
export const REFUSALS = ['wrong', 'expired', 'revoked', 'entra'] as const;

export type Refusal = (typeof REFUSALS)[number];

const HOW =
  'send a token as Bearer or as the password of Basic credentials; with MLflow set MLFLOW_TRACKING_TOKEN, or ' +
  'MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD';

/** Credentials that are not taken. The reason goes to the caller only when the secret itself was right. */
export const refused = (refusal: Refusal, why: string): SlipwayError =>
  new SlipwayError('UNAUTHENTICATED', `${why}: ${HOW}`, { details: { refusal } });

/** No credentials, or none that can be read. */
export const askedToLogIn = (): SlipwayError => new SlipwayError('UNAUTHENTICATED', `this needs credentials: ${HOW}`);

/** Why credentials were not taken; undefined for every other failure, as when nothing was shown. */
export const refusalOf = (error: SlipwayError): Refusal | undefined =>
  error.code === 'UNAUTHENTICATED' ? REFUSALS.find((each) => each === error.details['refusal']) : undefined;
