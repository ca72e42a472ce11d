/* Make the tables of the original as TypeORM 0.2 does from its entity classes, and rows in them as its services would. Usage: node write.cjs
 * ENTITIES.ts. Ids are those that AUTO_INCREMENT gives, with gaps where a row was deleted. */
const { load } = require('./entities.cjs');
const { UserEntity, AccountEntity, OrderEntity, PositionEntity, TradeEntity } = load(process.argv[2]);
const { createConnection } = require('typeorm');

async function main() {
  const connection = await createConnection({
    type: 'mysql', driver: require('mysql2'), host: process.env.DB_HOST, port: Number(process.env.DB_PORT),
    username: process.env.DB_USERNAME, password: process.env.DB_PASSWORD, database: process.env.ORIGINAL,
    charset: 'utf8mb4', timezone: 'Z', synchronize: true,
    entities: [UserEntity, AccountEntity, OrderEntity, PositionEntity, TradeEntity],
  });
  const save = async (entity, rows) => { for (const row of rows) await connection.getRepository(entity).save(row); };
  const user = (name) => ({ email: `${name}@x.test`, role: 'user', status: 'ACTIVE', isLocked: 'UNLOCKED', userType: '', allowTrade: name !== 'Carol',
    enableTradingFee: true, isMarketMaker: false, isBot: false, uid: name });
  await save(UserEntity, ['Alice', 'Gone', 'Bob', 'Carol'].map(user));
  await connection.getRepository(UserEntity).delete({ uid: 'Gone' });
  const account = (userId) => ({ asset: 'USDT', balance: '1000.5', userId, operationId: 7 * userId, rewardBalance: '0' });
  await save(AccountEntity, [1, 2, 3, 4].map(account));
  await connection.getRepository(AccountEntity).delete({ userId: 2 });
  const position = (userId, symbol, currentQty) => ({ accountId: userId, userId, symbol, currentQty, leverage: '20', liquidationPrice: '0',
    bankruptPrice: '0', entryPrice: '3000', entryValue: '0', isCross: true, positionMargin: '0', orderCost: '0', adjustMargin: '0' });
  await save(PositionEntity, [position(1, 'ETHUSDT', '0.02'), position(4, 'BTCUSDT', '0'), position(3, 'ETHUSDT', '-0.02')]);
  await connection.getRepository(PositionEntity).delete({ userId: 4 });
  const order = (userId, symbol, side, price, more) => ({ accountId: userId, userId, symbol, side, type: 'LIMIT', quantity: '0.01', price,
    remaining: '0.01', executedPrice: '0', status: 'ACTIVE', leverage: '20', marginMode: 'CROSS', isReduceOnly: false, isPostOnly: false, ...more });
  await save(OrderEntity, [
    order(1, 'ETHUSDT', 'BUY', '2990'), order(3, 'ETHUSDT', 'SELL', '3010', { remaining: '0.004', executedPrice: '3010' }),
    order(1, 'BTCUSDT', 'BUY', '29000', { status: 'CANCELED' }), order(4, 'BTCUSDT', 'SELL', '31000', { isPostOnly: true }),
    order(3, 'BTCUSDT', 'BUY', '30000', { status: 'FILLED', remaining: '0', executedPrice: '30000' }),
  ]);
  await save(TradeEntity, [{ buyOrderId: 1, sellOrderId: 2, buyAccountId: 1, sellAccountId: 3, buyUserId: 1, sellUserId: 3, symbol: 'ETHUSDT',
    price: '3010', quantity: '0.006', buyFee: '0', sellFee: '0', realizedPnlOrderBuy: '0', realizedPnlOrderSell: '0', buyerIsTaker: true, note: '' }]);
  await connection.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
