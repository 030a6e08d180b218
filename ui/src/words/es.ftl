## State of the phone

state-label = Estado:
state-ready = Listo
state-ringing = Sonando
state-on-a-call = En llamada
state-on-hold = En espera
state-wrap-up = Trabajo posterior
state-paused = En pausa
state-paused-for = En pausa: { $reason }
state-unset = Indique cuándo está disponible
state-no-queue = No listo: cola
state-no-microphone = No listo: micrófono
state-no-line = No listo: línea
state-connecting = Conectando…
state-reconnecting = Reconectando…
state-signed-out = Sesión cerrada

## Lights: each is read with what it proves

light-connected = Conectado
light-session = Sesión
light-server = Servidor
light-line = Línea
light-queue = Cola
proof-proven = confirmado
proof-working = en curso
proof-fault = con fallo

## Frame

menu-label = Menú
mini-open = Ventana pequeña
mini-close = Ventana grande
tabs-label = Páginas
notices-label = Avisos
tab-keypad = Teclado
tab-call = Llamada
history-title = Historial
history-local = { $days ->
    [0] Las llamadas no se guardan.
    [one] Solo en este equipo, durante un día.
   *[other] Solo en este equipo, durante { $days } días.
  }
sound-title = Sonido
connection-title = Conexión
more-title = Más
about-title = Acerca de
sound-none = Sin micrófono
sound-level = Nivel del micrófono
close = Cerrar
put-away = Descartar
cancel = Cancelar
copy-support = Copiar para soporte
copy-it = Copiar para TI
copy-proof = Copiar prueba
copied = Copiado
sign-out = Cerrar sesión
try-again = Reintentar
try-now = Reintentar ahora
change = Cambiar
test = Probar

## Sign in

sign-in-title = Inicie sesión en su teléfono
sign-in-server-hint = La dirección que le dio su administrador
server-locked = Definido por su organización
server-given = Definido al iniciar este programa
sign-in-email = Correo o usuario
sign-in-password = Contraseña
password-show = Mostrar la contraseña
password-hide = Ocultar la contraseña
caps-lock = Bloq Mayús está activado
sign-in = Iniciar sesión
signing-in = Iniciando sesión…
sign-in-again = Iniciar sesión aquí
sign-in-another = Usar otra cuenta
language-label = Idioma
version = Versión { $version }
signed-out-free = Sesión cerrada. Su teléfono está libre.
signed-out-unconfirmed = Sesión cerrada aquí. El servidor no lo ha confirmado: otros equipos pueden ver su teléfono ocupado hasta { $minutes } min.
email-missing = Escriba su correo o usuario
password-missing = Escriba su contraseña
server-invalid = No se puede usar esta dirección. Debe empezar por https://
server-not-allowed = Su organización solo permite otros servidores. Pida la dirección a su administrador.
server-missing = Escriba la dirección de su servidor
steps-label = Pasos
step-done = hecho
step-waiting = en espera
signing-out = Cerrando sesión…
restoring = Buscando su sesión…
resuming = Hola de nuevo, { $name }
resuming-line = Confirmando su sesión…
resuming-trouble = Su sesión se conserva. Seguimos intentándolo.

## Your phone is in use

held-title = Su teléfono está en uso
held-where = Tiene la sesión iniciada en { $device }.
held-since = Tiene la sesión iniciada en { $device } desde las { $time }.
held-device = { $name } ({ $system })
held-in-call = Está en una llamada.
held-unknown = Otra sesión ocupa su extensión. Ciérrela allí primero o consulte a su administrador. Se libera sola en 60 minutos como máximo.
held-move = Traerlo aquí
held-password = Su contraseña otra vez, para traerlo
held-ask = Pedir que pase aquí
held-force = Puede traerlo de todos modos. Una llamada allí continúa hasta que termine.
another-device = Otro equipo
asking-sending = Preguntando a { $device }…
asking-waiting = Esperando a { $device }… { $seconds } s
asking-after-call = Pasará aquí después de la llamada en curso. Deje esta ventana abierta.
not-moved-refused = { $device } dijo que no.
not-moved-unanswered = { $device } no responde.
not-moved-superseded = Otro equipo pidió su teléfono después de este.
not-moved-lapsed = La solicitud terminó. Puede volver a pedirlo.

## No phone

no-phone-title = Esta cuenta no tiene teléfono
no-phone-ask = Pida un registro de agente (extensión y campaña).
no-phone-role = Ha iniciado sesión. Este rol no tiene teléfono.

## The session ended

ended-moved = Su teléfono cambió de equipo
ended-moved-line = Su teléfono pasó a { $device } a las { $time }.
ended-released = Su teléfono cambió de equipo o fue liberado
ended-at = a las { $time }
ended-expired = Su sesión terminó
ended-expired-line = No se pudo confirmar a tiempo y terminó a las { $time }.
ended-token = Inicie sesión de nuevo
ended-token-line = Su inicio de sesión caducó a las { $time }.
ended-account = Su cuenta de teléfono ha cambiado
ended-account-line = Su sesión terminó a las { $time }. Inicie sesión de nuevo para usar la nueva.

## What went wrong

fault-offline = Sin red
fault-offline-line = Este equipo está sin conexión. Nos reconectaremos automáticamente.
fault-offline-try = Este equipo está sin conexión. Conéctelo e inténtelo de nuevo.
fault-address = No se puede usar la dirección del servidor
fault-dns = No se encuentra el servidor
fault-dns-line = { $host } no se conoce en esta red. Puede que haga falta una VPN.
fault-tcp = No se puede llegar al servidor
fault-tcp-line = Puede que lo impida un cortafuegos o que haga falta una VPN.
fault-proxy-sign-in = El proxy de la empresa pide autenticación
fault-proxy = El proxy de la empresa no nos deja pasar
fault-proxy-line = La señalización de voz no puede pasar.
fault-proxy-refused = { $proxy } rechazó la autenticación.
fault-proxy-port = El proxy no permite el puerto { $port }
fault-proxy-server = No se puede llegar al servidor a través de él.
fault-tls = El certificado del servidor no es de confianza
fault-tls-line = Puede que su empresa deba instalarlo.
fault-tls-time = El certificado del servidor no es válido ahora
fault-tls-time-line = Ha caducado, o el reloj de este equipo va mal.
fault-tls-issued = Emitido por { $issuer }. Puede que su empresa deba instalarlo.
fault-tls-expired = El certificado caducó el { $day }
fault-tls-early = El certificado no es válido antes del { $day }
fault-tls-clock = O el reloj de este equipo va mal.
fault-tls-name = El certificado del servidor es de otro nombre
fault-tls-names = Es de { $names }.
fault-tls-revoked = El certificado del servidor fue revocado
clock-off = El reloj de este equipo se desvía { $time }.
open-clock = Abrir los ajustes del reloj
open-settings = Abrir los ajustes
fault-tls-other = No hay conexión segura con el servidor
fault-http = El servidor dio una respuesta que no se entiende
fault-http-line = Puede que en { $host } responda otra cosa. Si es una red de invitados, abra su página de acceso en un navegador.
fault-refused = El servidor de telefonía rechazó la conexión
fault-timeout = El servidor no responde
fault-timeout-line = Puede que la red esté lenta. Inténtelo de nuevo.
fault-credentials = Usuario o contraseña incorrectos
fault-request = El servidor no aceptó este inicio de sesión
fault-second-factor = Su cuenta pide un segundo factor
fault-second-factor-line = Este teléfono no puede pedir su código. Su administrador puede ayudarle.
fault-not-verified = Su dirección de correo no está verificada
fault-not-verified-line = Abra el enlace del mensaje que recibió y vuelva a iniciar sesión.
fault-tries = Demasiados intentos
fault-tries-wait = Espere { $seconds } s.
fault-tries-later = Espere un poco.
fault-tries-over = Ya puede intentarlo de nuevo.
fault-server = El servidor tiene problemas
fault-server-line = No es culpa suya. Inténtelo de nuevo en un momento.
fault-account = Su teléfono no está bien configurado
fault-account-line = Pida a su administrador que revise su registro de agente.
fault-extension-refused = El servidor de telefonía rechazó la extensión { $extension }
fault-extension-refused-line = Pida a su administrador que revise la contraseña SIP.
fault-extension-unknown = La extensión no existe
fault-line-silent = El servidor de telefonía no responde
fault-line-full = Quedan sesiones antiguas abiertas
fault-line-full-line = Se cierran solas.
fault-line = El servidor de telefonía no aceptó su extensión
fault-queue = Ozonetel no inició su sesión
full-stop = .
retry-in = Nuevo intento en { $seconds } s.
retry-now = Nuevo intento…

## Otro equipo pide este teléfono

move-label = Solicitud de otro equipo
move-asks = ¿Pasar su teléfono a { $device }?
move-asks-idle = Lo pide ahora ({ $seconds }). Sin respuesta, pasa allí.
move-asks-call = Lo pide ahora ({ $seconds }). Sin respuesta, pasa allí después de esta llamada.
move-later = Su teléfono pasa a { $device } después de esta llamada.
move-silent = Sin respuesta: su teléfono pasa a { $device } al terminar esta llamada.
move-moving = Su teléfono pasa a { $device }…
move-now = Pasar ahora
move-stay = No, quedarse aquí

## Notices

notice-at-risk = No se puede confirmar su sesión; termina en { $minutes ->
    [one] { $minutes } minuto
    [many] { $minutes } de minutos
   *[other] { $minutes } minutos
  }. Seguimos intentándolo.
notice-lost = Su sesión se perdió. Esta llamada continúa; después inicie sesión de nuevo.
notice-moved = Su teléfono pasó a { $device }. Esta llamada continúa; después se cerrará su sesión aquí.
notice-moved-here = Ya está aquí. { $device } cerró su sesión.
notice-vault-memory = Su sesión solo está en la memoria. Tras un fallo deberá iniciar sesión de nuevo.
notice-turned-away = A la llamada de { $number } se le dijo que usted está ocupado
notice-change-failed = La otra parte no aceptó el cambio.
notice-media-failed = El sonido de esta llamada tiene problemas
notice-queue-silent = Ozonetel no responde.
notice-refused = Ozonetel rechazó: { $state }
notice-outcome-refused = Ozonetel no aceptó el resultado: { $outcome }
notice-unset = Las llamadas de la cola llegan cuando esté disponible.
notice-unsaved = No se pudo guardar el resultado. Lo conservamos y lo intentamos de nuevo.
notice-outcome-lost = Puede que el resultado no se haya guardado: { $outcome }
notice-time-up = Se acabó el tiempo.
notice-time-up-ready = Se acabó el tiempo. Está disponible.
refused-no-outcome = Elija primero un resultado.
refused-not-registered = Su línea no está lista. No se puede llamar.
refused-lease-lost = Su sesión se perdió. Inicie sesión de nuevo para llamar.
refused-too-many-calls = No se permiten más llamadas a la vez.
refused-target = No se puede llamar a este número.
refused-not-allowed = Su organización no permite llamadas a este número.
refused-state = Eso no es posible ahora.
refused-check-runs = Hay una prueba de sonido en curso. Espere a que termine.
refused-too-fast = Fueron demasiadas órdenes a la vez. Inténtelo de nuevo en un momento.
refused-request = Esta solicitud ya terminó.
refused-failed = No se ha podido hacer. El ordenador dice: { $words }
notice-computer = El ordenador dice:

## Lengths of time

span-hours = { $hours } h { $minutes } min
span-minutes = { $minutes } min { $seconds } s
span-seconds = { $seconds } s
span-of = { $time } de { $whole }

## Ready

home-extension = Extensión { $extension }
home-campaign = Campaña { $campaign }
dial-label = Nombre o número
dial = Llamar
dial-recent = De su historial
number-short = Este número es demasiado corto.
number-dialled = { $number } (así se marca)
keypad-show = Mostrar el teclado
keypad-hide = Ocultar el teclado
erase = Borrar
last-call = Última llamada
call-back = Rellamar
no-calls = Aún no hay llamadas hoy.

## Queue

go-ready = Ponerse disponible
pause = Pausa
pause-search = Buscar un motivo
pause-none = No existe ese motivo.
after-call = Después de esta llamada
after-wrap-up = Después del trabajo posterior
next = Luego: { $state }
next-cancel = Luego: { $state }. Cancelar
queue-ordering = Cambiando a: { $state }
wrap-up-show = Volver al trabajo posterior
wrap-up-left = Tiempo restante:
wrap-up-done = Listo: { $state }
wrap-up-done-pause = Listo: pausa
wrap-up-more = Más tiempo
outcome-label = Resultado
outcome-note = Nota
outcome-saving = Guardando…
outcome-refused = Ozonetel no lo aceptó: { $words }. Elija otro resultado.

## How calls ended

cause-cut = El teléfono se cerró durante esta llamada
cause-local = Usted colgó
cause-caller = Colgó quien llamaba
cause-remote = La otra parte colgó
cause-declined = Rechazada
cause-missed = Llamada perdida
cause-elsewhere = Contestada en otro equipo
cause-timeout = No se contestó a tiempo
cause-lost = La llamada se perdió.
cause-no-path = Su red bloquea la voz
cause-no-path-line = Las llamadas no se oirían. Pida a TI que deje pasar la voz.
cause-signed-out = Terminó porque usted cerró sesión
cause-busy = Ocupado
cause-no-answer = Sin respuesta
cause-not-found = Este número no existe
cause-refused = La llamada fue rechazada
cause-security = La llamada no era segura y se terminó
cause-incompatible = Los dos teléfonos no comparten formato de sonido
call-answered = Contestada tras { $after }, { $length }, { $end }.
call-went = { $length } de conversación, { $end }.
call-end-you = terminada por usted
call-end-caller = terminada por quien llamaba
call-end-called = terminada por la otra parte
call-end-lost = y luego perdida
call-end-signed-out = terminada al cerrar usted la sesión
call-end-closed = cortada al cerrarse el teléfono
call-end-fault = terminada por un fallo
call-poor = El sonido fue malo durante { $poor }.
call-poor-here = El sonido fue malo durante { $poor }: su red.
call-poor-partly = El sonido fue malo durante { $poor }, de ellos { $here }: su red.

## Calls

number-withheld = Número oculto
call-show = Ver la llamada
incoming-call = Llamada entrante
incoming-campaign = Llamada entrante · campaña { $campaign }
answer = Contestar
decline = Rechazar
hang-up = Colgar
answered-itself = Contestada automáticamente
answers-itself = Se contestará automáticamente
ringing-on = Suena en { $device }
ringing-off = El timbre está apagado
ring-mute = Silenciar el timbre
ring-muted = El timbre está silenciado
second-call = Segunda llamada: si contesta, la actual queda en espera
call-calling = Llamando…
call-ringing = Sonando…
call-connecting = Conectando…
call-mute = Silenciar
call-muted = Está silenciado
call-muted-speech = Está silenciado: pulse M para hablar
call-hold = Espera
call-resume = Retomar
call-keypad = Teclado
call-add = Añadir
call-held = En espera { $time }: la otra parte no le oye
call-still-held = Sigue en espera { $time }
call-held-by-peer = Le pusieron en espera
call-interrupted = Reconectando su llamada… quedan { $seconds } s. No cuelgue.
call-recovered = Ya está de vuelta. Se perdieron { $seconds } s.
one-way-in = No oye a la otra parte
one-way-in-line = No llega nada del servidor.
one-way-out = La otra parte no le oye
one-way-out-line = Los paquetes salen, pero no llegan.
one-way-repair = Reparar
one-way-repairing = Reparando el sonido…
call-switch = Alternar
digits-sent = Dígitos enviados
quality-good = Bueno
quality-fair = Regular
quality-poor = Malo
quality-poor-here = Malo: su red
quality-poor-here-line = Acérquese a su wifi o use un cable.
quality-unknown = Midiendo…
quality-label = Calidad del sonido:
on-hold-for = en espera { $time }

## Read by screen readers alone

read-incoming = Llamada entrante de { $name }. Control Intro para contestar.
read-ring = Llamada entrante de { $name }.
read-ring-key = Llamada entrante de { $name }. { $key } para contestar.
read-ended = Llamada terminada. { $cause }
read-minute = Un minuto
read-asked = { $device } pide su teléfono. Tiene { $seconds } segundos para responder.

## History

history-filter = Mostrar
history-filter-all = Todas
history-filter-out = Salientes
history-missed = Perdida
history-missed-calls = Perdidas
history-incoming = Entrante
history-outgoing = Saliente
history-no-talk = Sin contestar
history-withheld-why = Quien llamó ocultó el número, así que no se puede devolver la llamada.
history-masked = Su organización oculta parte de este número, así que no se puede devolver la llamada.
history-none = Aún no hay llamadas.
history-none-missed = No hay llamadas perdidas.
history-none-outgoing = Aún no ha llamado a nadie.
history-number = Número
history-kind = Llamada
history-when = Cuándo
history-length = Duración
history-end = Cómo terminó
history-delete = Eliminar
history-deleted = Llamada eliminada
history-delete-all = Eliminar todo
history-delete-all-title = ¿Eliminar todo el historial?
history-delete-all-line = { $calls ->
    [one] Se elimina una llamada de este equipo. No se puede deshacer.
    [many] Se eliminan { $calls } de llamadas de este equipo. No se puede deshacer.
   *[other] Se eliminan { $calls } llamadas de este equipo. No se puede deshacer.
  }
history-deleted-all = Historial eliminado

## First run

headset-title = Elija sus auriculares.
headset-why = Lo que elija se usará primero siempre que esté conectado.
headset-used = Para las llamadas
headset-hello-why = Hable durante tres segundos y oirá lo que oyen los demás.
headset-hello = Decir hola
continue = Continuar
skip = Omitir

## Sound

sound-check = Prueba de sonido
check-why = Hable durante tres segundos y sepa cómo le oyen.
check-begin = Probar el micrófono
check-again = Probar otra vez
check-speak = Hable ahora, como en una llamada…
check-at = Probado a las { $time }
check-in-call = La prueba se puede hacer cuando termine su llamada.
test-speaker = Probar el altavoz
test-ringer = Probar el timbre
test-stop = Detener la prueba
verdict-no-microphone = No se encontró ningún micrófono. ¿Están conectados los auriculares?
verdict-silent = No se oye nada de sus auriculares. ¿Está activado su botón de silencio?
verdict-clipped = Demasiado fuerte: aleje el micrófono de la boca o bájelo en los ajustes de sonido
verdict-very-quiet = Muy bajo: suba el micrófono en los ajustes de sonido
verdict-noisy = Con ruido: quien llame oirá lo que hay a su alrededor
verdict-built-in = Se usa el micrófono de su portátil, no los auriculares
verdict-bluetooth = Manos libres por Bluetooth: le oirán con sonido limitado. Un cable o el adaptador USB de los auriculares suena mejor
verdict-good = Suena bien
role-microphone = Micrófono
role-speaker = Altavoz
role-ringer = Timbre
speaker-level = Nivel del altavoz
devices-looking = Buscando dispositivos…
devices-lost = No se pudieron listar los dispositivos
devices-no-microphone = No se encontró ningún micrófono. Conecte unos auriculares.
devices-no-speaker = No se encontró ningún altavoz. Conecte unos auriculares.
device-list = Dispositivos; se usa el primero que esté conectado
device-automatic = Se usa el dispositivo que prefiere el sistema. Elija uno para preferirlo aquí.
device-automatic-locked = Se usa el dispositivo que prefiere el sistema.
device-now = Ahora se usa { $device }.
device-recovered = { $device } vuelve a funcionar.
device-gone = Se desconectó { $device }.
device-busy = Otro programa está usando { $device }. Ciérrelo o elija otro dispositivo.
device-refused = El sistema bloquea { $device }. Permítalo en los ajustes de privacidad.
device-service = El servicio de sonido de este equipo no está en marcha.
device-stuck = { $device } no responde.
device-broken = { $device } dejó de funcionar.
device-in-use = En uso
device-away = No conectado
device-usual = Preferido por el sistema
device-use = Preferir
device-choose = Preferir { $name }
device-chosen = { $name } es ahora la primera opción
device-up = Subir { $name }
device-moved = { $name } está ahora en el puesto { $place }
device-remove = Quitar { $name } de sus opciones
device-removed = { $name } ya no está en sus opciones
volume-label = Volumen del timbre
volume-off = Apagado
volume-percent = { $percent } %
processing-title = Procesamiento de voz
processing-echo = Cancelación de eco
processing-echo-hint = Quien llama no se oye a sí mismo
processing-noise = Reducción de ruido
processing-noise-hint = Lo que le rodea se oye menos
processing-gain = Nivel automático
processing-gain-hint = Su voz suena siempre igual de fuerte
processing-rumble = Filtro de graves
processing-rumble-hint = Quita zumbidos y golpes en la mesa
tones-title = Tonos
tones-country = País de los tonos
tones-hint = Cómo suenan la llamada y el ocupado
tones-international = Internacional

## Connection

back = Atrás
copy = Copiar
reconnect = Reconectar
check-connection = Comprobar la conexión
check-phone = Comprobar el teléfono
checking = Comprobando…
server-answers = { $host } responde ({ $ms } ms)
proof-none = sin confirmar
proof-confirmed = Confirmado hace { $age }
proof-ends = Termina en { $left }
proof-expires = Caduca en { $left }
proof-over = Su tiempo terminó
proof-holder = { $name } en { $device }
proof-no-session = Sin sesión
proof-session-at-risk = No se puede confirmar la sesión. Seguimos intentándolo.
proof-session-lost = La sesión se perdió
proof-server-off = Sin conexión
proof-server-up = Conectado desde las { $time }
proof-heard = Respondió hace { $age }
proof-line-off = Sin registrar
proof-line-registering = Registrando…
proof-line = { $extension } en { $server }
proof-queue-pending = Ozonetel tarda; el inicio de sesión continúa
proof-queue-since = Desde las { $time }
path-title = Ruta de la voz
path-looking = Buscando la ruta del sonido…
path-direct = Directa, sin retransmisor
path-relay = A través de un retransmisor del otro lado
path-silent = Ahora no llega nada. Seguimos intentándolo.
path-codec = Formato de sonido: { $codec }
path-round-trip = Ida y vuelta: { $ms } ms como máximo
path-unchecked = Aún sin probar
path-open = La voz sale de esta red y vuelve
path-open-line = Lo dice un servidor STUN. Que se oigan entre sí solo lo prueba una llamada.
path-blocked = La voz no recibe respuesta en esta red
path-blocked-line = Las llamadas pueden no oírse. Pida a TI que deje pasar UDP.
path-unasked = Solo lo prueba una llamada: su cuenta no indica ningún servidor STUN.
proof-microphone-open = Abierto: ahora le oye
proof-microphone-unchecked = Conectado, aún sin probar
speaker-played = Aquí se reprodujo lo que dijo. Si no oyó nada, suba el volumen o elija otro.
proof-keyring = Llavero
proof-keyring-kept = Su sesión se guarda en el llavero de este equipo
proof-keyring-memory = Su sesión solo está en la memoria
proof-keyring-memory-line = Tras reiniciar deberá iniciar sesión de nuevo.

## More

as-system = Como el sistema
account-title = Cuenta
account-extension = Extensión
account-agent = Agente
account-campaign = Campaña
account-device = Este equipo
account-fallback = Cuenta SIP fija
more-look = Idioma y apariencia
theme-label = Apariencia
theme-light = Clara
theme-dark = Oscura
more-calls = Llamadas
incoming-label = Llamadas entrantes
incoming-popup = Aviso emergente
incoming-popup-hint = Una ventanita encima que no interrumpe lo que escribe
incoming-flash = Parpadeo
incoming-flash-hint = Solo avisa la barra de tareas
incoming-front = Traer al frente
incoming-front-hint = Esta ventana pasa al frente
auto-answer-label = Respuesta automática
auto-answer-off = No
auto-answer-off-hint = Usted contesta cada llamada
auto-answer-header = Si se pide
auto-answer-header-hint = Se contestan las llamadas cuyo origen lo pide
auto-answer-always = Siempre
auto-answer-always-hint = Se contesta cada llamada si no hay otra
auto-answer-tone = Tono antes de contestar
auto-answer-tone-hint = Usted lo oye antes de que le oigan
max-calls-label = Llamadas a la vez
max-calls-hint = { $calls ->
    [one] Durante una llamada, otros oyen que está ocupado
    [many] Habla en una, las demás quedan en espera
   *[other] Habla en una, las demás quedan en espera
  }
shortcuts-title = Teclas en otros programas
shortcuts-note = Funcionan mientras trabaja en otro programa. Apagadas hasta que las defina.
shortcuts-unavailable = Este escritorio no da teclas a los programas en segundo plano.
shortcut-answer = Contestar
shortcut-hang-up = Colgar o rechazar
shortcut-mute = Silenciar
shortcut-double = Ya son las teclas de «{ $label }».
shortcut-taken = Otro programa usa estas teclas. Elija otras.
shortcut-unknown = Estas teclas no se pueden usar aquí. Elija otras.
keys-off = No
keys-listening = Pulse teclas…
keys-press = Pulse las teclas. Escape lo deja como está.
keys-unfit = Elija una tecla F, sola o con Ctrl, Alt o Mayús.
keys-clear = Quitar las teclas de { $label }
more-start = Inicio y cierre
autostart-label = Iniciar con el equipo
start-minimised-label = Iniciar sin ventana
quit-on-close-label = Salir al cerrar la ventana
quit-on-close-hint = Al cerrar la ventana se cierra su sesión
stay-on-close-hint = Tras cerrarla, el teléfono sigue sonando
more-pages = Teléfono
sign-out-title = Está en una llamada. ¿Colgar y cerrar sesión?
sign-out-line = Cerrar sesión termina la llamada y libera su teléfono.
sign-out-and-hang-up = Colgar y cerrar sesión
sign-out-unsaved-title = ¿Cerrar la sesión antes de guardar todo?
unsaved-line = { $outcomes ->
    [one] Un resultado aún no se ha guardado. Se perdería.
   *[other] { $outcomes } resultados aún no se han guardado. Se perderían.
  }
stay = Quedarse

## About

about-computer = Sistema
about-system = Sistema operativo
support-title = Soporte
support-file = Archivo de soporte
support-note = Versiones, ajustes, estado y los últimos mensajes de este teléfono en un archivo de texto. No contiene contraseñas ni números de clientes. Entréguelo a quien le ayude.
support-save = Guardar archivo de soporte
support-saved = Guardado:
about-licences = Licencias
about-licences-note = Software libre, con la licencia que prefiera de las dos.
about-licence = Licencia { $name }

## Questions

quit-title = Está en una llamada. ¿Colgar y salir?
quit-unsaved-title = ¿Salir antes de guardar todo?
quit-line = Al salir termina la llamada y se cierra su sesión.
quit-and-hang-up = Colgar y salir
quit = Salir
link-title = ¿Llamar a este número?
link-line = Un enlace de otro programa pide esta llamada.
link-holds = Su llamada actual queda en espera.
link-refuse = No llamar
