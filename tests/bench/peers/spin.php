<?php
// The job of the other peers: a busy loop of so many milliseconds.
$end = hrtime(true) + 1e6 * (int) ($_GET['CPUTimeMs'] ?? 0);
while (hrtime(true) < $end);
header('Content-Type: application/json');
echo json_encode(['CPUTimeMs' => (int) ($_GET['CPUTimeMs'] ?? 0)]), "\n";
