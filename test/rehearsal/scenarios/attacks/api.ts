/** Calls of AWS with the credentials of whoever attacks, straight to the emulator, whose judge decides about them. */
import { Rehearsal } from '../../rehearsal';

export interface Keys { readonly accessKeyId: string; readonly sessionToken?: string }

/** Of the rehearsal itself, who may do everything: in the place of an account without protection. */
export const OPERATOR: Keys = { accessKeyId: 'testing' };

export interface Answer { readonly status: number; readonly text: string; readonly ok: boolean }

interface Request {
  readonly service: string;
  readonly region?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The emulator says on every answer how its judge decided, or that it did not. */
const JUDGEMENT = 'x-carbon-judgement';

export class Api {
  public constructor(private readonly rehearsal: Rehearsal) {}

  /** @throws where the judge does not know the call: it would pass, and show nothing */
  public async send(keys: Keys, request: Request): Promise<Answer> {
    const scope = `${keys.accessKeyId}/20200101/${request.region ?? this.rehearsal.emulator.region}/${request.service}/aws4_request`;
    const answer = await fetch(this.rehearsal.emulator.url + (request.path ?? '/'), {
      method: request.method ?? 'POST',
      headers: {
        'X-Amz-Date': '20200101T000000Z', Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        ...(keys.sessionToken ? { 'X-Amz-Security-Token': keys.sessionToken } : {}), ...request.headers,
      },
      body: request.body,
    });
    const text = await answer.text();
    if (answer.headers.get(JUDGEMENT) === 'unjudged') throw new Error(`the judge does not know ${request.service} ${request.path ?? ''} ${(request.body ?? '').slice(0, 60)}`);
    return { status: answer.status, text, ok: answer.ok };
  }

  public query(keys: Keys, service: string, version: string, parameters: Readonly<Record<string, string>>, region?: string): Promise<Answer> {
    return this.send(keys, {
      service, region, headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ Version: version, ...parameters }).toString(),
    });
  }

  public json(keys: Keys, service: string, target: string, body: object): Promise<Answer> {
    return this.send(keys, { service, headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': target }, body: JSON.stringify(body) });
  }

  public object(keys: Keys, method: string, bucket: string, key: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.send(keys, { service: 's3', method, path: `/${bucket}/${key}`, body, headers });
  }
}

export const EC2 = '2016-11-15';
export const CLOUDFORMATION = '2010-05-15';
export const AUTO_SCALING = '2011-01-01';
export const IAM = '2010-05-08';
export const STS = '2011-06-15';
