/* The entity classes of the original backend, word for word; only the imports and the enums that it names are added. */
import 'reflect-metadata';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

export enum OrderSide { BUY = 'BUY', SELL = 'SELL' }
export enum OrderType { LIMIT = 'LIMIT', MARKET = 'MARKET' }
export enum OrderStatus { ACTIVE = 'ACTIVE', FILLED = 'FILLED', CANCELED = 'CANCELED', UNTRIGGERED = 'UNTRIGGERED' }
export enum MarginMode { CROSS = 'CROSS', ISOLATED = 'ISOLATED' }

@Entity('users')
export class UserEntity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  email: string;

  @Column()
  role: string;  // admin, user

  @Column()
  status: string;

  @Column()
  isLocked: string;

  @Column()
  userType: string;

  @Column()
  allowTrade: boolean;

  @Column()
  enableTradingFee: boolean;

  @Column()
  isMarketMaker: boolean;

  @Column()
  isBot: boolean;

  @Column()
  uid: string;
}

@Entity('accounts')
export class AccountEntity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  asset: string;  // USDT, USD

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  balance: string;

  @Column()
  userId: number;

  @Column()
  operationId: number;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  rewardBalance: string;
}

@Entity('orders')
export class OrderEntity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  accountId: number;

  @Column()
  userId: number;

  @Column()
  symbol: string;

  @Column({ type: 'enum', enum: OrderSide })
  side: OrderSide;  // BUY, SELL

  @Column({ type: 'enum', enum: OrderType })
  type: OrderType;  // LIMIT, MARKET

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  quantity: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  price: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  remaining: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  executedPrice: string;

  @Column({ type: 'enum', enum: OrderStatus })
  status: OrderStatus;  // ACTIVE, FILLED, CANCELED, UNTRIGGERED

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  leverage: string;

  @Column({ type: 'enum', enum: MarginMode })
  marginMode: MarginMode;  // CROSS, ISOLATED

  @Column()
  isReduceOnly: boolean;

  @Column()
  isPostOnly: boolean;
}

@Entity('positions')
export class PositionEntity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  accountId: number;

  @Column()
  userId: number;

  @Column()
  symbol: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  currentQty: string;  // + Long, - Short

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  leverage: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  liquidationPrice: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  bankruptPrice: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  entryPrice: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  entryValue: string;

  @Column()
  isCross: boolean;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  positionMargin: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  orderCost: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  adjustMargin: string;
}

@Entity('trades')
export class TradeEntity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  buyOrderId: number;

  @Column()
  sellOrderId: number;

  @Column()
  buyAccountId: number;

  @Column()
  sellAccountId: number;

  @Column()
  buyUserId: number;

  @Column()
  sellUserId: number;

  @Column()
  symbol: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  price: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  quantity: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  buyFee: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  sellFee: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  realizedPnlOrderBuy: string;

  @Column({ type: 'decimal', precision: 36, scale: 18 })
  realizedPnlOrderSell: string;

  @Column()
  buyerIsTaker: boolean;

  @Column()
  note: string;  // LIQUIDATION, ADL
}
