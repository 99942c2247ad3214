import type { Env } from '../config/env';

/** Who is meant by an id of the product's own: as the issuer of its tokens names them, where there is one. */
export function issuerOfProduct({ issuer }: Pick<Env, 'issuer'>): string {
  return issuer?.issuer ?? 'product';
}
