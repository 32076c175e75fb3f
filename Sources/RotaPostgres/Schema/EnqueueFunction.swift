#if Postgres
    import RotaCore

    extension PostgresSchema {
        /// The bytes before the JSON of a request that the SQL function `enqueue` left in the inbox.
        ///
        /// They read as a change of a number that no version has, so that instances from before the function leave the
        /// request to newer ones. The last byte is the version of the JSON.
        static let requestMark: [UInt8] = [0xa0, 0x1f, 0x01]

        /// The statement that creates the SQL function `enqueue`, for programs in other languages.
        ///
        /// It checks what can be checked without the jobs, which only instances can read. What they find later, such as
        /// a queue that does not exist, goes to the table `refused`.
        var enqueueFunction: String {
            // The text of the function ends at its tag, which must not be in the name of the schema.
            var tag = "$rota$"
            while name.contains(tag) { tag.insert("_", at: tag.index(before: tag.endIndex)) }
            return """
                CREATE FUNCTION \(table("enqueue"))(
                  queue text, payload json DEFAULT NULL, idempotency_key text DEFAULT NULL, due_at timestamptz DEFAULT NULL,
                  priority int4 DEFAULT NULL, concurrency_key text DEFAULT NULL, time_to_live interval DEFAULT NULL
                ) RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS \(tag)
                DECLARE
                  requested_at CONSTANT timestamptz := clock_timestamp();
                  execution_id uuid;
                BEGIN
                  IF queue IS NULL OR queue !~ '^[A-Za-z0-9._~-]{1,255}$' THEN
                    RAISE EXCEPTION 'rota: queue must be the slug of a queue, not %',
                      coalesce('"' || left(queue, 80) || '"', 'NULL') USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'A slug has 1 to 255 letters a-z and A-Z, digits, and - . _ ~.';
                  END IF;
                  IF octet_length(payload::text) > 5242880 THEN
                    RAISE EXCEPTION 'rota: payload must have up to 5 MiB, not % bytes', octet_length(payload::text)
                      USING ERRCODE = 'invalid_parameter_value';
                  END IF;
                  IF length(idempotency_key) NOT BETWEEN 1 AND 255 THEN
                    RAISE EXCEPTION 'rota: idempotency_key must have 1 to 255 characters, not %', length(idempotency_key)
                      USING ERRCODE = 'invalid_parameter_value';
                  END IF;
                  IF length(concurrency_key) NOT BETWEEN 1 AND 256 THEN
                    RAISE EXCEPTION 'rota: concurrency_key must have 1 to 256 characters, not %', length(concurrency_key)
                      USING ERRCODE = 'invalid_parameter_value';
                  END IF;
                  IF NOT isfinite(due_at) OR due_at NOT BETWEEN '0001-01-01Z' AND '9999-12-31Z' THEN
                    RAISE EXCEPTION 'rota: due_at must be a date of the years 1 to 9999, not %', due_at
                      USING ERRCODE = 'invalid_parameter_value';
                  END IF;
                  IF priority NOT BETWEEN 0 AND 10 THEN
                    RAISE EXCEPTION 'rota: priority must be 0 to 10, not %', priority
                      USING ERRCODE = 'invalid_parameter_value';
                  END IF;
                  IF time_to_live <= interval '0' OR time_to_live > interval '30 days' THEN
                    RAISE EXCEPTION 'rota: time_to_live must be more than 0 and up to 30 days, not %', time_to_live
                      USING ERRCODE = 'invalid_parameter_value';
                  END IF;
                  -- A UUID of version 7: a random one, with the milliseconds of the date in its first six bytes.
                  execution_id := encode(set_bit(set_bit(overlay(
                    uuid_send(gen_random_uuid()) PLACING
                    substring(int8send(floor(extract(epoch FROM requested_at) * 1000)::int8) FROM 3) FROM 1 FOR 6),
                    52, 1), 53, 1), 'hex')::uuid;
                  INSERT INTO \(table("inbox")) (id, record) VALUES (execution_id,
                    decode('\(Self.requestMark.hexadecimal)', 'hex')
                    || convert_to(json_build_object(
                      'queue', queue, 'payload', payload::text, 'idempotencyKey', idempotency_key,
                      'dueAt', extract(epoch FROM due_at)::float8, 'priority', priority,
                      'concurrencyKey', concurrency_key, 'timeToLive', extract(epoch FROM time_to_live)::float8,
                      'author', session_user::text, 'requestedAt', extract(epoch FROM requested_at)::float8)::text, 'UTF8'));
                  RETURN execution_id;
                END \(tag)
                """
        }
    }
#endif
