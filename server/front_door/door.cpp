#include "server/front_door/door.h"

namespace front_door {

void Door::drain() {
  draining = true;
  for (auto it = connections.begin(); it != connections.end();) (it++)->drain();
}

}  // namespace front_door
