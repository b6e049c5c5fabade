-- 1 row per Foundry account, with the resource group that its bill is under.
select *
from billing.accounts
order by account
