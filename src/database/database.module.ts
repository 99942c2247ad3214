import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { FOLLOWING, FOLLOWING_POOL_SIZE } from './following';

const RETRIES = { retryAttempts: 3, retryDelay: 1_000 };

/** The data source for everybody, and the one for following other processes; main has reached the database and migrated it before. */
@Module({})
export class DatabaseModule {
  static forRoot(options: DataSourceOptions): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRoot({ ...options, ...RETRIES }),
        TypeOrmModule.forRoot({
          ...options,
          ...RETRIES,
          name: FOLLOWING,
          applicationName: 'parley following',
          poolSize: FOLLOWING_POOL_SIZE,
        } as TypeOrmModuleOptions),
      ],
    };
  }
}
