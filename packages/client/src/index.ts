export * from './error';
export * from './rest';
export * from './socket';
