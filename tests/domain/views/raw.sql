-- The raw events as tables. The one parameter is the file that they are read from.

create table raw as
select position, type, subject, epoch_ms(time::timestamp) / 1000.0 as time, data
from read_json(?, format = 'newline_delimited', columns = {position: 'bigint', type: 'varchar', subject: 'varchar',
    time: 'varchar', data: 'json'});

create table lines as
select subject as line, (data->>'$.machines[#-1]') as last, (data->'$.machines')::varchar[] as machines
from raw where type = 'line.installed' qualify row_number() over (partition by subject order by position desc) = 1;

create table machines as
select subject as machine, data->>'$.kind' as kind, data->>'$.line' as line
from raw where type = 'machine.installed' qualify row_number() over (partition by subject order by position desc) = 1;

create table orders as
select subject as "order", data->>'$.product' as product, data->>'$.line' as line
from raw where type = 'workorder.created' qualify row_number() over (partition by subject order by position desc) = 1;

create table lots as
select l.subject as lot, l.data->>'$.order' as "order", (l.data->'$.boards')::varchar[] as boards,
    coalesce(nullif(l.data->>'$.product', ''), o.product, '') as product,
    coalesce(nullif(l.data->>'$.line', ''), o.line, '') as line
from raw l left join orders o on o."order" = l.data->>'$.order'
where l.type = 'lot.created' qualify row_number() over (partition by l.subject order by l.position desc) = 1;

-- A board is of the lot that was created with it, else of the one that it was first told of with.
create table boards as
with created as (select unnest(boards) as board, lot from lots)
select board, lot from created
union all
select subject, arg_min(data->>'$.lot', position) from raw
where data->>'$.lot' is not null and subject not in (select board from created) group by subject;

create table happened as
select r.*, m.machine,
    coalesce(b.lot, l.lot, case when r.subject in (select lot from boards) then r.subject end) as lot,
    coalesce(nullif(m.line, ''), l.line, '') as line, coalesce(l."order", '') as "order",
    coalesce(l.product, '') as product, data->>'$.order' as ordered
from raw r
left join machines m on m.machine = coalesce(r.data->>'$.machine', r.subject)
left join boards b on b.board = r.subject
left join lots l on l.lot = coalesce(b.lot, r.subject)
where r.type not like 'order.%';

create table badges as
select subject as ordered, data->>'$.badge' as badge from raw where type = 'order.requested';

create table states as
select subject as machine, time, position, data->>'$.state' as state, (data->>'$.e10')::int as e10,
    data->>'$.cause' as cause, data->>'$.order' as ordered,
    lead(time, 1, 'infinity'::double) over (partition by subject order by time, position) as until
from raw where type = 'machine.state_changed';

create table runs as
with marked as (
    select *, state is distinct from lag(state) over (partition by machine order by time, position) as new from states
), numbered as (
    select *, sum(new::int) over (partition by machine order by time, position) as run from marked
)
select machine, run, any_value(state) as state, min(time) as start, max(until) as "end",
    arg_min(cause, position) filter (new) as cause, arg_min(ordered, position) filter (new) as ordered
from numbered group by machine, run;

create table alarms as
select subject as machine, data->>'$.code' as code, type, time, position, data->>'$.severity' as severity,
    data->>'$.text' as text, data->>'$.order' as ordered,
    -- what the alarm was cleared by, if it was
    min(case when type = 'alarm.cleared' then time end)
        over (partition by subject, data->>'$.code' order by time, position rows between current row and unbounded
        following) as cleared
from raw where type like 'alarm.%';

create table measured as
select *, 'paste_height' as quantity, list_avg(map_values((data->'$.heights')::map(varchar, double))) as value
from happened where type = 'paste.measured'
union all
select *, 'placement_offset', list_max(map_values((data->'$.offsets')::map(varchar, double)))
from happened where type = 'parts.placed'
union all
select *, 'peak_temperature', (data->>'$.peak')::double from happened where type = 'board.heated';

create table firsts as
select * from happened where type = 'board.inspected'
qualify row_number() over (partition by subject, machine order by time, position) = 1;

create table holds as
select *, row_number() over (partition by subject order by time, position) as n,
    min(case when type not like '%.held' then struct_pack(time := time, position := position, type := type,
        ordered := ordered) end)
        over (partition by subject order by time, position rows between current row and unbounded following) as over
from happened where type in ('lot.held', 'board.held', 'machine.held', 'lot.released', 'board.released',
    'machine.released', 'lot.scrapped', 'board.scrapped');
