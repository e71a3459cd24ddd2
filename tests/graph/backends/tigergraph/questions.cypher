MATCH (t:Team) CALL (t) { MATCH (t)<-[:OWNED_BY]-(a) RETURN count(a) AS c, max(a.name) AS m } RETURN t.id, c, m
MATCH (t:Team) CALL { WITH t MATCH (t)<-[:OWNED_BY]-(a:Server) RETURN a.id AS x } RETURN t.id, x
MATCH (t:Team) CALL (t) { MATCH (t)<-[:OWNED_BY]-(a:Server) RETURN a.id AS x UNION MATCH (t)<-[:ASSIGNED_TO]-(i) RETURN i.id AS x } RETURN t.id, x
MATCH (t:Team) RETURN t.id, COLLECT { MATCH (t)<-[:OWNED_BY]-(a:Server) RETURN a.id } AS COLLECTed
MATCH (s:Server) WHERE EXISTS { MATCH (s)-[:RUNS_VERSION]->(v) WHERE NOT EXISTS { (v)-[:VULNERABLE_TO]->() } } RETURN s.id
MATCH (s:Server) WHERE (s.cpu_cores > 2) XOR (s.memory_gb > 2) RETURN s.id
MATCH (s:Server) WHERE NOT ((s.cpu_cores > 2) XOR (s.memory_gb > 2)) RETURN s.id
MATCH (v:SoftwareVersion) RETURN v.id, v.end_of_support.year AS y, v.end_of_support.month AS m, v.end_of_support.quarter AS q, v.end_of_support.dayOfWeek AS d
MATCH (v:SoftwareVersion) RETURN v.id, v.end_of_support + duration({months: 1}) AS a, v.end_of_support - duration({months: 13, days: 2}) AS b, v.end_of_support + duration({years: 1, weeks: 2}) AS c
MATCH (s:Server) RETURN s.id, s.last_restart - duration({months: 2, hours: 5}) AS a, date(s.last_restart) AS d, s.last_restart + duration({minutes: 90}) AS e, datetime.truncate('month', s.last_restart) AS t
MATCH (s:Server) RETURN s.id, s.last_restart.year AS y, s.last_restart.hour AS h, s.last_restart.epochMillis AS m, s.last_restart.epochSeconds AS z
MATCH (s:Server) RETURN s.id, duration.inDays(s.last_restart, datetime()).days AS d, duration.inSeconds(s.last_restart, datetime()).hours AS h
MATCH (n:Site) RETURN n.id, any(x IN n.aliases WHERE x = 'x') AS a, all(x IN n.aliases WHERE x <> 'x') AS b, none(x IN n.aliases WHERE x = 'y') AS c, single(x IN n.aliases WHERE x > 'x') AS d
MATCH (n:Site) RETURN n.id, [x IN n.aliases WHERE x <> 'y' | x + '!'] AS l, size([x IN n.aliases WHERE x = 'z']) AS s, reverse(n.aliases) AS r, tail(n.aliases) AS t
MATCH (n:Site) RETURN n.id, n.aliases[1..] AS a, n.aliases[..-1] AS b, n.aliases[-2..2] AS c, n.aliases + ['q'] AS d
UNWIND range(0, 5) AS i WITH i WHERE i % 2 = 1 RETURN i, i * 2 AS d, -i / 2 AS h, i / 2.0 AS f
UNWIND range(5, 1, -2) AS i RETURN i
MATCH (s:Server) RETURN s.environment AS e, min(s.name) AS a, max(s.cpu_cores) AS b, min(s.last_restart) AS c, avg(s.cpu_cores) AS d, sum(s.cpu_cores) AS f ORDER BY e DESC
MATCH (s:Server) RETURN s.cpu_cores AS c, s.id AS i ORDER BY c DESC, i SKIP 3 LIMIT 7
MATCH (s:Server) RETURN s.cpu_cores AS c, s.id AS i ORDER BY c, i DESC LIMIT 12
MATCH (s:Server) WITH s.environment AS e, count(*) AS n ORDER BY n DESC, e LIMIT 2 MATCH (x:Server) WHERE x.environment = e RETURN e, n, x.id ORDER BY e, x.id
MATCH (t:Team) OPTIONAL MATCH p = (t)<-[:OWNED_BY]-(a:Server) RETURN t.id, length(p) AS n, a.id
MATCH (t:Team) OPTIONAL MATCH (t)<-[:OWNED_BY]-(a:Server) OPTIONAL MATCH (a)-[:LOCATED_IN]->(d) RETURN t.id, a.id, d.id
MATCH (t:Team) OPTIONAL MATCH (t)<-[:OWNED_BY]-(a:Server) MATCH (a)-[:LOCATED_IN]->(d) RETURN t.id, a.id, d.id
MATCH (a)-[:DEPENDS_ON*2..3]-(b:ServiceInstance) WHERE a.id = 'ServiceInstance-3' RETURN b.id
MATCH (a:ServiceInstance)-[r:DEPENDS_ON*1..2 {criticality: 'alpha'}]->(b) RETURN a.id, b.id, size(r) AS n
MATCH (b:Server)<-[:RUNS_ON*0..2]-(a) RETURN b.id, a.id, a.name
MATCH (a:ServiceInstance)-[:DEPENDS_ON*0..2]->(b:ServiceInstance)-[:RUNS_ON]->(s:Server) RETURN a.id, b.id, s.id
MATCH (a:ServiceInstance)-[:DEPENDS_ON*0..2]->(b:ServiceInstance)-[:RUNS_ON]->(s:Server) RETURN DISTINCT a.id, b.name, s.id
MATCH p = (a:ServiceInstance)-[:RUNS_ON]->(s:Server)<-[:RUNS_ON]-(b) RETURN [n IN nodes(p) | n.id] AS ns, length(p) AS l, [r IN relationships(p) | type(r)] AS ts
MATCH p = shortestPath((a:ServiceInstance {id: 'ServiceInstance-1'})-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*..5]-(b:Server)) RETURN b.id, length(p) AS n
MATCH (a:ServiceInstance {id: 'ServiceInstance-1'}), (b:Server) MATCH p = allShortestPaths((a)-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*..5]-(b)) RETURN b.id, [n IN nodes(p) | n.id] AS ids, [r IN relationships(p) | elementId(r)] AS rs
MATCH (a:Team)-[r]-(b) RETURN a.id, type(r) AS t, count(DISTINCT b) AS n
MATCH (a:ServiceInstance)-[r:DEPENDS_ON]->(a) RETURN a.id, r
MATCH (a:ServiceInstance)-[r:DEPENDS_ON]-(a) RETURN a.id, r
MATCH (a:ServiceInstance)--(b)--(c:Team) RETURN a.id, b.id, c.id
MATCH (a)-[r]->(b)-[q]->(a) RETURN a.id, b.id, type(r) AS x, type(q) AS y
MATCH (s:Server) RETURN s.name CONTAINS 'server 1' AS c, s.cpu_cores > 2 AND s.memory_gb > 2 AS d, s.cpu_cores IS NULL AS n, count(*) AS k
MATCH (s:Server) RETURN toString(s.cpu_cores) AS c, toInteger(s.disk_gb) AS d, toFloat(s.cpu_cores) AS e, abs(s.cpu_cores) AS f, sign(s.cpu_cores) AS g, coalesce(s.cpu_cores, s.memory_gb, 0) AS h
MATCH (s:Server) RETURN s.id, labels(s) AS l, s:VirtualMachine AS v, 'Server' IN labels(s) AS i, labels(s)[1] AS o
MATCH (s:Server) WITH collect(s) AS all UNWIND all AS x RETURN x.name, x.id
MATCH (s:Server) WITH s.environment AS e, collect(s)[0..2] AS few UNWIND few AS x MATCH (x)-[:LOCATED_IN]->(d) RETURN count(*) > 0 AS n
MATCH (t:Team)<-[:OWNED_BY]-(a) WITH t, collect(DISTINCT a.name) AS names WHERE size(names) > 1 RETURN t.id, size(names) AS n, 'virtualmachine 1' IN names AS h
MATCH (a:Server), (b:Server) WHERE a.name = b.name AND a.id < b.id AND a.environment <> b.environment RETURN a.id, b.id
MATCH (a:Server) MATCH (b:Rack) WHERE a.name ENDS WITH right(b.name, 1) RETURN a.id, b.id
MATCH (n:Server) RETURN CASE n.environment WHEN 'alpha' THEN 1 WHEN 'Beta' THEN n.cpu_cores ELSE null END AS c, n.id
MATCH (n:Server) RETURN nullIf(n.environment, 'alpha') AS a, n.environment = n.criticality AS b, n.internet_exposed AS c, NOT n.internet_exposed AS d, n.id
MATCH (n:Server) WHERE n.internet_exposed RETURN n.id ORDER BY n.internet_exposed, n.id
MATCH (n:Server) RETURN DISTINCT n.internet_exposed AS c ORDER BY c
MATCH (n) WHERE n.id STARTS WITH 'Team' RETURN n.id, n.name, exists(n.description) AS e
MATCH (s:Server) WITH s.environment AS e, s WHERE e IS NOT NULL WITH e, count(s) AS n RETURN e, n, n + 1 AS m, 100.0 * n / 7 AS p, round(100.0 * n / 7) AS r, toInteger(7.9) AS t
MATCH (t:Team) WHERE COUNT { (t)<-[:OWNED_BY]-() } > 2 RETURN t.id, COUNT { MATCH (t)<-[:OWNED_BY]-(x) WHERE x.name IS NOT NULL RETURN DISTINCT x.name } AS n
MATCH (t:Team) OPTIONAL MATCH (t)<-[:OWNED_BY]-(x:Server) WHERE EXISTS { (x)-[:RUNS_VERSION]->() } RETURN t.id, x.id
MATCH (a:Incident) WITH a, a.priority AS p ORDER BY p, a.id WITH p, collect(a.id) AS ids RETURN p, ids[0] AS first, size(ids) AS n
MATCH (c:ServiceInstance {id: $si})-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*1..4]->(x) WITH DISTINCT c, x WHERE x.id <> c.id RETURN x.id, x.name
MATCH (c:ServiceInstance)-[:DEPENDS_ON*1..4]->(c) RETURN DISTINCT c.id
MATCH (c:ServiceInstance)-[:DEPENDS_ON*1..3]->(x:ServiceInstance)<-[:DEPENDS_ON]-(y) RETURN count(*) AS n
RETURN 1 + 2 AS a, 'x' + 1 AS b, [1, 2, 3][1] AS c, date('2024-01-31') + duration({months: 1}) AS d, null AS e, 7 % -3 AS f, 2 ^ 3 AS g
MATCH (s:Server) WHERE s.cpu_cores >= 1 AND 1 < s.memory_gb <= 7 RETURN s.id
MATCH (s:Server)-[:RUNS_VERSION]->(v) WITH s, max(v.end_of_support) AS latest MATCH (s)-[:RUNS_VERSION]->(w) WHERE w.end_of_support = latest RETURN s.id, w.id
MATCH (n:Team) WITH n LIMIT 3 RETURN count(n) AS c
MATCH (n:Team) RETURN count(*) AS c, count(n.description) AS d, count(DISTINCT n.name) AS e
MATCH (n:Server {id: 'nobody'}) RETURN count(*) AS c, sum(n.cpu_cores) AS s, collect(n.name) AS l, max(n.name) AS m
MATCH (n:Rack) RETURN n.name AS x, n.description AS y UNION MATCH (b:Site) RETURN b.name AS x, b.city AS y
MATCH (n:Server) WHERE n.cpu_cores IN [1, 2, null] RETURN n.id
MATCH (n:Server) WHERE NOT n.cpu_cores IN [1, n.memory_gb] RETURN n.id
MATCH (n) WHERE n.id IN $ids RETURN n.id, labels(n)
MATCH (v:SoftwareVersion) WHERE v.end_of_support >= date() - duration({months: $months}) RETURN v.id
MATCH (s:Server) WITH s ORDER BY s.name, s.id SKIP 2 LIMIT 5 RETURN s.id AS id ORDER BY id
MATCH (a:Cluster)-[:MEMBER_OF]-(b) RETURN a.id, b.id
MATCH (a:Server), (b:Site) RETURN DISTINCT a.environment = b.city AS same
