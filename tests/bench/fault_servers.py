"""The servers whose jobs faults.py lets go wrong: how each is started, with two seconds for a job and 512 MiB for a process."""

import os

from servers import PEERS, fpm_pool, fpm_program

FAULTY = PEERS / "faulty.py"
JOB_SECONDS, JOB_MIB = 2, 512


def cruncherd(place, port, build):
    flags = ["--timeout", f"{JOB_SECONDS}s", "--memory", f"{JOB_MIB}MiB", "--log-level", "warn"]
    if os.geteuid() == 0:
        flags += ["--job-user", "nobody"]
    configuration = place / "cruncherd.toml"
    configuration.write_text(
        f'[task.fault]\nexec = ["{FAULTY}", "{{fault}}", "{{token}}"]\nread = ["{PEERS}"]\n'
        'params.fault = { type = "string" }\nparams.token = { type = "string" }\n'
    )
    return [([build / "server" / "cruncherd", "--port", port, "--config", configuration, *flags], {})]


def spawn_loop(place, port, build):
    return [(["node", PEERS / "spawn_loop.mjs", port, FAULTY], {})]


def piscina(place, port, build):
    return [(["node", PEERS / "faulty_pool.mjs", port], {})]


def nginx(place, port, location):
    config = place / f"nginx-{port}.conf"
    config.write_text(
        f"""
        worker_processes 2;
        user root;
        daemon off;
        pid {place}/nginx-{port}.pid;
        error_log {place}/nginx.log;
        events {{ worker_connections 1000; }}
        http {{
          access_log off;
          fastcgi_temp_path {place}/fastcgi;
          server {{
            listen 127.0.0.1:{port};
            location = / {{ return 200 'light'; }}
            location = /job {{
              fastcgi_read_timeout {JOB_SECONDS * 1000 + 500}ms;
              fastcgi_param GATEWAY_INTERFACE CGI/1.1;
              fastcgi_param QUERY_STRING $query_string;
              fastcgi_param REQUEST_METHOD $request_method;
              {location}
            }}
          }}
        }}"""
    )
    return (["nginx", "-c", config, "-e", place / "log"], {})


def fcgiwrap(place, port, build):
    socket = place / "fcgiwrap.socket"
    return [
        (["fcgiwrap", "-s", f"unix:{socket}", "-c", 8], {}),
        nginx(place, port, f"fastcgi_pass unix:{socket}; fastcgi_param SCRIPT_FILENAME {FAULTY};"),
    ]


def php_fpm(place, port, build):
    socket = place / "fpm.socket"
    config = place / "fpm.conf"
    limits = {"request_terminate_timeout": f"{JOB_SECONDS}s", "php_admin_value[memory_limit]": f"{JOB_MIB}M"}
    config.write_text(fpm_pool(place / "fpm.log", socket, workers=2, **limits))
    return [
        ([fpm_program(), "-y", config], {}),
        nginx(place, port, f"fastcgi_pass unix:{socket}; fastcgi_param SCRIPT_FILENAME {PEERS}/faulty.php;"),
    ]


QUERY = "/job?fault={fault}&token={token}"
SERVERS = {  # key: (title, commands, path of a job)
    "cruncherd": ("cruncherd", cruncherd, "/tasks/fault?fault={fault}&token={token}"),
    "spawn_loop": ("a spawn loop, as of-watchdog's", spawn_loop, QUERY),
    "fcgiwrap": ("nginx + fcgiwrap", fcgiwrap, QUERY),
    "php_fpm": ("nginx + php-fpm", php_fpm, QUERY),
    "piscina": ("Piscina (threads)", piscina, QUERY),
}
