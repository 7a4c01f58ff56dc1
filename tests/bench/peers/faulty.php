<?php
// The faults of faulty.py, as far as php-fpm lets a script commit them.
$fault = $_GET['fault'];
$token = $_GET['token'];
header('Content-Type: text/plain');
switch ($fault) {
  case 'fine': break;
  case 'crash': posix_kill(posix_getpid(), 11); sleep(1); break;
  case 'hang': shell_exec("exec sleep 300.$token"); break;
  case 'burn': for ($until = time() + 300; time() < $until;); break;
  case 'child': shell_exec("setsid sleep 300.$token >/dev/null 2>&1 &"); break;
  case 'holder': shell_exec("sleep 300.$token &"); break;
  case 'memory':
    for ($held = [], $i = 0; $i < 96; ++$i) $held[] = str_repeat('x', 16 << 20);
    break;
  case 'flood':
    for ($i = 0; $i < 2048; ++$i) echo str_repeat('x', 1 << 20);
    break;
  default: http_response_code(404);
}
echo "fine\n";
