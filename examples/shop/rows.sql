-- Fills the shop: 20,000 customers, 60,000 orders, 500 coupons.
INSERT INTO shop.customers (id, email, vip, joined_at)
SELECT g, 'c' || g || '@example.org', g % 7 = 0, '2020-01-01'::timestamptz + g * interval '1 hour'
  FROM generate_series(1, 20000) AS g;
INSERT INTO shop.orders (id, customer_id, total, note)
SELECT g, 1 + g % 20000, (g % 500) * 1.25, CASE WHEN g % 3 = 0 THEN 'gift' END
  FROM generate_series(1, 60000) AS g;
INSERT INTO shop.coupons (code, percent)
SELECT 'CODE' || g, g % 50 FROM generate_series(1, 500) AS g;
ANALYZE
