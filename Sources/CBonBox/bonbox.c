#include "bonbox.h"
typedef int bonbox_placeholder;
