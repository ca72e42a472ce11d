/* Read every table of the seed through TypeORM 0.2 and mysql2 and print it as JSON. Usage: node read.cjs ENTITIES.ts */
const { load } = require('./entities.cjs');
const { UserEntity, AccountEntity, OrderEntity, PositionEntity, TradeEntity, OrderStatus } = load(process.argv[2]);
const { createConnection } = require('typeorm');

async function main() {
  const connection = await createConnection({
    type: 'mysql', driver: require('mysql2'), host: process.env.DB_HOST, port: Number(process.env.DB_PORT),
    username: process.env.DB_USERNAME, password: process.env.DB_PASSWORD, database: process.env.DB_DATABASE,
    charset: 'utf8mb4', timezone: 'Z', bigNumberStrings: false, synchronize: false,
    entities: [UserEntity, AccountEntity, OrderEntity, PositionEntity, TradeEntity],
  });
  const read = (entity, where) => connection.getRepository(entity).find({ where, order: { id: 'ASC' } });
  console.log(JSON.stringify({
    users: await read(UserEntity), accounts: await read(AccountEntity), orders: await read(OrderEntity),
    positions: await read(PositionEntity), trades: await read(TradeEntity),
    active: await read(OrderEntity, { status: OrderStatus.ACTIVE, isPostOnly: true }),
    one: await connection.getRepository(OrderEntity).findOne(1),
    sum: await connection.getRepository(TradeEntity).createQueryBuilder('t').select('SUM(t.quantity)', 'total')
      .where('t.symbol = :symbol', { symbol: 'BTCUSDT' }).getRawOne(),
    raw: (await connection.query('SELECT createdAt FROM orders ORDER BY id LIMIT 1'))[0],
  }));
  await connection.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
