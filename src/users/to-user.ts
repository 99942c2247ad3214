import type { Me, User } from '@parley/protocol';

export const DELETED_USER_NAME = 'Deleted user';

/** Columns of an account that show it to others; USER_COLUMNS selects them. */
export interface UserRow {
  id: string;
  username: string | null;
  displayName: string;
  /** Its deletion has at least started. */
  deleted: boolean;
}

export interface MeRow extends UserRow {
  administrator: boolean;
  createdAt: Date;
}

/** Selects a UserRow of the table or alias `u`. */
export const USER_COLUMNS = `u.id, u.username, u.display_name AS "displayName", u.deletion_started_at IS NOT NULL AS deleted`;

/** Selects a MeRow of the table or alias `u`. */
export const ME_COLUMNS = `${USER_COLUMNS}, u.administrator, u.created_at AS "createdAt"`;

/** A person as others see them; nobody sees the names of an account any more once its deletion starts. */
export function toUser({ id, username, displayName, deleted }: UserRow): User {
  return deleted
    ? { id, username: '', displayName: DELETED_USER_NAME, deleted }
    : { id, username: username ?? '', displayName, deleted };
}

export function toMe(row: MeRow): Me {
  return { ...toUser(row), administrator: row.administrator, createdAt: row.createdAt.toISOString() };
}
